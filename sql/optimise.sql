-- What making files smaller asks. `selected` (image_id, place) is an Arrow table lent to the connection for one statement.

-- name: files_to_optimise()
-- The selected images: where they are, and what they were when they were last read.
select f.image_id, f.uri, f.path, f.source, f.format, f.checksum, f.size, content_key(f.picture_hash, f.checksum) as content, r.uri as root,
       exists (select 1 from file_problems p where p.image_id = f.image_id and p.stage in ('read', 'decode')) as broken
from selected s join image_facts f using (image_id)
left join (select source, min(uri) as uri from source_roots group by source) r on r.source = f.source
order by s.place

-- name: optimised_now(job_id)
-- Files of a run whose originals are still kept; of all runs when none is named.
select o.job_id, o.image_id as known_as, coalesce(f.uri, o.uri) as uri, coalesce(f.path, o.uri) as path, o.before, o.after, o.size_before,
       o.size_after, r.uri as root, o.how, o.uri as was_at
from optimised_rows o
left join aliases a on a.old_id = o.image_id
left join image_facts f on f.image_id = coalesce(a.image_id, o.image_id)
left join (select source, min(uri) as uri from source_roots group by source) r on r.source = f.source
where o.state = 'optimised' and ($job_id is null or o.job_id = $job_id)
order by o.seq, o.image_id

-- name: open_optimisations()
-- Files that were about to be made smaller and of which nothing says that they were.
select p.seq, p.payload, p.reason from ledger_events p
where p.kind = 'optimise_planned' and not exists (
    select 1 from ledger_events d
    where d.kind = 'files_optimised' and d.event_id = 'files-optimised-' || regexp_extract(p.payload, '"chunk_id":"(\w+)"', 1))
order by p.seq

-- name: open_originals()
-- Originals that were about to be put back under their own names and of which nothing says that they were.
select p.seq, p.payload, p.reason from ledger_events p
where p.kind = 'originals_planned' and not exists (
    select 1 from ledger_events d
    where d.kind = 'optimised_restored' and d.event_id = 'optimised-restored-' || regexp_extract(p.payload, '"chunk_id":"(\w+)"', 1))
order by p.seq

-- name: optimised_totals()
-- How many files were made smaller, and by how much, by what became of them.
select how, state, count(*) as files, sum(size_before)::bigint as bytes_before, sum(size_after)::bigint as bytes_after,
       sum(size_before - size_after)::bigint as saved
from optimised_rows group by how, state order by how, state

-- name: kept_originals(checksums)
-- Which of these originals some file still needs.
select distinct before from optimised_rows where state = 'optimised' and before in (select unnest($checksums::varchar[]))
order by before
