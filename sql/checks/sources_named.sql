-- A file belongs to a source that isn't named in the ledger.
select distinct source from (select source from seen_files union select source from receipts)
where source not in (select source from source_roots);
