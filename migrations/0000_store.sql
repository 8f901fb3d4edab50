CREATE SCHEMA "kubun";
--> statement-breakpoint
CREATE TABLE "kubun"."batches" (
	"slot" integer PRIMARY KEY NOT NULL,
	"number" bigint NOT NULL,
	"id" text NOT NULL,
	"head" bigint NOT NULL,
	"created" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "kubun"."changes" (
	"revision" bigint PRIMARY KEY NOT NULL,
	"op" text NOT NULL,
	"key" text collate "C" NOT NULL,
	"create_revision" bigint NOT NULL,
	"value" text NOT NULL,
	"previous_revision" bigint,
	"previous_value" text
) PARTITION BY RANGE ("revision");
--> statement-breakpoint
CREATE TABLE "kubun"."head" (
	"id" integer PRIMARY KEY NOT NULL,
	"revision" bigint NOT NULL,
	"compacted" bigint NOT NULL,
	"epoch" integer NOT NULL,
	"batch" bigint NOT NULL,
	"partitioned" bigint NOT NULL,
	"timeline" integer NOT NULL,
	CONSTRAINT "one_head" CHECK ("kubun"."head"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "kubun"."objects" (
	"key" text collate "C" PRIMARY KEY NOT NULL,
	"create_revision" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"value" text NOT NULL
);
