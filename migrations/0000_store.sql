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
	"group" text collate "C" NOT NULL,
	"resource" text collate "C" NOT NULL,
	"namespace" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
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
	CONSTRAINT "one_head" CHECK ("kubun"."head"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "kubun"."objects" (
	"group" text collate "C" NOT NULL,
	"resource" text collate "C" NOT NULL,
	"namespace" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"create_revision" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "objects_group_resource_namespace_name_pk" PRIMARY KEY("group","resource","namespace","name")
);
