-- Set on every call and undone after it, these settings cost a tenth of a small batch. The session that writes has
-- them from its beginning (connect.ts).
ALTER FUNCTION kubun.commit_batch(text, integer, bigint, bigint, text, text, text, text) RESET ALL;
