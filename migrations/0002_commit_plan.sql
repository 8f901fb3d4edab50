-- The plan is made once a session, often while the tables are empty and everything looks cheap; a batch must
-- find its rows by key even then, or each one reads a table that has grown since.
ALTER FUNCTION kubun.commit_batch(text, integer, bigint, bigint, text, text, text, text)
  SET enable_seqscan TO off
  SET enable_hashjoin TO off
  SET enable_mergejoin TO off
  SET plan_cache_mode TO force_generic_plan;
