-- What renaming files asks.

-- name: open_renames()
-- Renamings that began and of which nothing says that they ended.
select seq, payload, actor, reason from ledger_events
where kind = 'rename_planned' and not exists (
    select 1 from ledger_events d
    where d.kind = 'files_renamed' and d.event_id = 'files-renamed-' || regexp_extract(ledger_events.payload, '"plan_id":"(\w+)"', 1))
order by seq

-- name: events_by_id(event_ids)
-- Which of these events are in the ledger, and where.
select event_id, seq from ledger_events where event_id in (select unnest($event_ids::varchar[]))
