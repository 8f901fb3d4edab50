-- Objects and head are updated all the time: room in the page keeps an update within it (HOT).
ALTER TABLE kubun.objects SET (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05);
--> statement-breakpoint
ALTER TABLE kubun.head SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
--> statement-breakpoint
ALTER TABLE kubun.batches SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
--> statement-breakpoint
-- JSON of a few KB is cheaper to move than to compress with pglz on every write.
ALTER TABLE kubun.objects ALTER COLUMN value SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE kubun.changes ALTER COLUMN value SET STORAGE EXTERNAL, ALTER COLUMN previous_value SET STORAGE EXTERNAL;
--> statement-breakpoint
-- The ring of the last 1024 batches: rows are made once and overwritten.
INSERT INTO kubun.batches (slot, number, id, head, created)
SELECT slot, -1, '', 0, '' FROM generate_series(0, 1023) AS slot;
--> statement-breakpoint
-- The server's WAL timeline: it moves when a standby is promoted, and then writes may be missing.
CREATE FUNCTION kubun.timeline() RETURNS integer
LANGUAGE sql AS $$ SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer $$;
--> statement-breakpoint
INSERT INTO kubun.head (id, revision, compacted, epoch, batch, partitioned, timeline) VALUES (1, 0, 0, 1, 0, 0, kubun.timeline());
--> statement-breakpoint
-- Makes partitions of 100 000 revisions until p_revision has one. Called under the head's lock.
-- Attaching, unlike CREATE TABLE ... PARTITION OF, does not wait for readers of the log.
CREATE FUNCTION kubun.partition_changes(p_revision bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_size constant bigint := 100000;
  v_from bigint;
  v_name text;
BEGIN
  SELECT greatest(partitioned, p_revision / v_size * v_size - v_size) INTO v_from FROM kubun.head;
  WHILE v_from <= p_revision LOOP
    v_name := 'changes_' || v_from;
    EXECUTE format('CREATE TABLE kubun.%I (LIKE kubun.changes INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING CONSTRAINTS)', v_name);
    EXECUTE format('ALTER TABLE kubun.changes ATTACH PARTITION kubun.%I FOR VALUES FROM (%s) TO (%s)', v_name, v_from, v_from + v_size);
    v_from := v_from + v_size;
  END LOOP;
  UPDATE kubun.head SET partitioned = v_from WHERE id = 1 AND partitioned < v_from;
END $$;
--> statement-breakpoint
SELECT kubun.partition_changes(1);
--> statement-breakpoint
-- One batch of compare-and-swaps in one call. Columns come as text joined by chr(1), which neither JSON nor
-- a name holds: the cheapest thing to write in JavaScript and to read here. The head's row lock gives batches
-- one order, and in READ COMMITTED each statement below sees what was committed before the lock was taken;
-- since nobody else writes under it, a row found by key is updated by its place (ctid).
CREATE FUNCTION kubun.commit_batch(
  p_id text, p_epoch integer, p_after bigint, p_seen bigint,
  p_ops text, p_keys text, p_expected text, p_values text,
  OUT o_head bigint, OUT o_number bigint, OUT o_created text, OUT o_losers text)
LANGUAGE plpgsql AS $$
DECLARE
  v_separator constant text := chr(1);
  v_head kubun.head%ROWTYPE;
  v_ring constant integer := 1024;
BEGIN
  SELECT * INTO v_head FROM kubun.head WHERE id = 1 FOR UPDATE;

  -- Somebody committed since the caller knew: perhaps this very batch, sent before over a lost connection.
  IF v_head.batch <> p_after THEN
    IF v_head.batch - p_after > v_ring / 2 THEN
      RAISE EXCEPTION 'batch % is too far behind %', p_after, v_head.batch USING ERRCODE = 'KB002';
    END IF;
    SELECT b.head, b.number, b.created, NULL INTO o_head, o_number, o_created, o_losers
    FROM generate_series(p_after + 1, v_head.batch) AS n
    JOIN kubun.batches b ON b.slot = n % v_ring
    WHERE b.id = p_id;
    IF FOUND THEN
      -- The losers see what stands now: a later state than they lost to, and as true.
      SELECT string_agg(concat_ws(v_separator, coalesce(o.revision, 0), coalesce(o.create_revision, 0), coalesce(o.value, '')), v_separator ORDER BY w.at)
      INTO o_losers
      FROM unnest(string_to_array(o_created, ','), string_to_array(p_keys, v_separator)) WITH ORDINALITY AS w(created, key, at)
      LEFT JOIN kubun.objects o ON o.key = w.key
      WHERE w.created = '0';
      RETURN;
    END IF;
  END IF;
  IF v_head.epoch <> p_epoch THEN
    RAISE EXCEPTION 'epoch is %, not %', v_head.epoch, p_epoch USING ERRCODE = 'KB001';
  END IF;
  IF v_head.timeline <> kubun.timeline() THEN
    RAISE EXCEPTION 'a standby was promoted: timeline is not %', v_head.timeline USING ERRCODE = 'KB003';
  END IF;
  IF v_head.revision < p_seen THEN
    RAISE EXCEPTION 'head is %, below % that was seen', v_head.revision, p_seen USING ERRCODE = 'KB003';
  END IF;
  -- Half a partition ahead, so that the batch that crosses a border finds it made.
  IF v_head.revision + 50000 >= v_head.partitioned THEN
    PERFORM kubun.partition_changes(v_head.revision + 50000);
  END IF;

  WITH judged AS MATERIALIZED (
    SELECT w.at, w.op, w.key, w.value, o.ctid AS place, o.revision AS standing, o.create_revision, o.value AS previous,
      o.revision IS NOT DISTINCT FROM nullif(w.expected::bigint, 0) AS won,
      v_head.revision + sum((o.revision IS NOT DISTINCT FROM nullif(w.expected::bigint, 0))::integer) OVER (ORDER BY w.at ROWS UNBOUNDED PRECEDING) AS revision
    FROM unnest(string_to_array(p_ops, v_separator), string_to_array(p_keys, v_separator),
                string_to_array(p_expected, v_separator), string_to_array(p_values, v_separator))
         WITH ORDINALITY AS w(op, key, expected, value, at)
    LEFT JOIN kubun.objects o ON o.key = w.key
  ), created AS (
    INSERT INTO kubun.objects (key, create_revision, revision, value)
    SELECT key, revision, revision, value FROM judged WHERE won AND op = 'create'
  ), updated AS (
    UPDATE kubun.objects o SET revision = j.revision, value = j.value FROM judged j
    WHERE j.won AND j.op = 'update' AND o.ctid = j.place
  ), deleted AS (
    DELETE FROM kubun.objects o USING judged j WHERE j.won AND j.op = 'delete' AND o.ctid = j.place
  ), logged AS (
    INSERT INTO kubun.changes (revision, op, key, create_revision, value, previous_revision, previous_value)
    SELECT revision, op, key, coalesce(create_revision, revision), value, standing, previous
    FROM judged WHERE won
  )
  SELECT max(revision),
    string_agg(CASE WHEN won THEN coalesce(create_revision, revision) ELSE 0 END::text, ',' ORDER BY at),
    string_agg(concat_ws(v_separator, coalesce(standing, 0), coalesce(create_revision, 0), coalesce(previous, '')), v_separator ORDER BY at)
      FILTER (WHERE NOT won)
  INTO o_head, o_created, o_losers
  FROM judged;

  o_number := v_head.batch + 1;
  UPDATE kubun.head SET revision = o_head, batch = o_number WHERE id = 1;
  UPDATE kubun.batches b SET number = o_number, id = p_id, head = o_head, created = o_created WHERE b.slot = o_number % v_ring;
  IF o_head > v_head.revision THEN
    PERFORM pg_notify('kubun', o_head::text);
  END IF;
END $$;
--> statement-breakpoint
-- For people: the same rows with the key's parts as columns and the object as JSON.
CREATE VIEW kubun.objects_readable AS
SELECT split_part(key, '/', 1) AS "group", split_part(key, '/', 2) AS resource, split_part(key, '/', 3) AS namespace,
  split_part(key, '/', 4) AS name, create_revision, revision, value::jsonb AS object
FROM kubun.objects;
--> statement-breakpoint
CREATE VIEW kubun.changes_readable AS
SELECT revision, op, split_part(key, '/', 1) AS "group", split_part(key, '/', 2) AS resource, split_part(key, '/', 3) AS namespace,
  split_part(key, '/', 4) AS name, create_revision, value::jsonb AS object, previous_revision, previous_value::jsonb AS previous
FROM kubun.changes;
--> statement-breakpoint
-- Raises the compacted revision and drops the partitions wholly below it. A reader of an old partition
-- must not make writers queue behind the drop: it gives up at once and the next compaction drops it.
CREATE FUNCTION kubun.compact(p_revision bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_compacted bigint;
  v_name text;
BEGIN
  UPDATE kubun.head SET compacted = p_revision
  WHERE id = 1 AND compacted < p_revision AND revision >= p_revision;
  SELECT compacted INTO v_compacted FROM kubun.head;
  PERFORM set_config('lock_timeout', '100ms', true);
  FOR v_name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'kubun.changes'::regclass
      AND substring(c.relname FROM 'changes_(\d+)')::bigint + 100000 <= v_compacted + 1
  LOOP
    BEGIN
      EXECUTE format('DROP TABLE kubun.%I', v_name);
    EXCEPTION WHEN lock_not_available THEN
      RETURN;
    END;
  END LOOP;
END $$;
--> statement-breakpoint
-- After a restore or a failover that lost writes: see Storage.raiseEpoch.
CREATE FUNCTION kubun.raise_epoch(p_epoch integer, p_seen bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE kubun.head SET epoch = epoch + 1, timeline = kubun.timeline(),
    revision = greatest(revision, p_seen) + 1000000, compacted = greatest(revision, p_seen) + 1000000
  WHERE id = 1 AND epoch = p_epoch;
  PERFORM pg_notify('kubun', 'epoch');
END $$;
