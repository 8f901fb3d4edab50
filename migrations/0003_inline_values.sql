-- A change row holds a value twice, so that with objects of a kilobyte it already passed the 2 KB above which
-- Postgres moves values into a table of their own: two more rows and index entries for each write. Up to a
-- page they now stay in the row.
ALTER TABLE kubun.objects SET (toast_tuple_target = 8160);
--> statement-breakpoint
DO $$
DECLARE
  v_name text;
BEGIN
  FOR v_name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'kubun.changes'::regclass
  LOOP
    EXECUTE format('ALTER TABLE kubun.%I SET (toast_tuple_target = 8160)', v_name);
  END LOOP;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION kubun.partition_changes(p_revision bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_size constant bigint := 100000;
  v_from bigint;
  v_name text;
BEGIN
  SELECT greatest(partitioned, p_revision / v_size * v_size - v_size) INTO v_from FROM kubun.head;
  WHILE v_from <= p_revision LOOP
    v_name := 'changes_' || v_from;
    EXECUTE format('CREATE TABLE kubun.%I (LIKE kubun.changes INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING CONSTRAINTS) WITH (toast_tuple_target = 8160)', v_name);
    EXECUTE format('ALTER TABLE kubun.changes ATTACH PARTITION kubun.%I FOR VALUES FROM (%s) TO (%s)', v_name, v_from, v_from + v_size);
    v_from := v_from + v_size;
  END LOOP;
  UPDATE kubun.head SET partitioned = v_from WHERE id = 1 AND partitioned < v_from;
END $$;
