-- A file is catalogued that the ledger doesn't say was received.
select image_id, uri from seen_files where image_id not in (select image_id from receipts);
