-- What removing duplicates asks: what may go, what is in quarantine, what was begun and not ended.

-- name: quarantine_folders()
-- Quarantine folders outside the workspace that hold something: no scan walks them.
select distinct regexp_replace(place, '/[^/]*/[^/]*$', '') as folder from removal_rows
where state = 'quarantined' and starts_with(place, 'file:')

-- name: removal_candidates(cluster_ids, relations, image_ids, undecided)
-- The images that may go, each with the one that stays, and what speaks against it. NULL for a list means all.
with chosen as (
    select cluster_id, keeper, state from duplicate_clusters
    where ($cluster_ids::varchar[] is null or cluster_id in (select unnest($cluster_ids::varchar[])))
      and (state = 'decided' or $undecided)
), pairs as (
    select least(m.image_id, c.keeper) as image_a, greatest(m.image_id, c.keeper) as image_b
    from chosen c join cluster_members m using (cluster_id) where m.role = 'redundant'
), apart as (
    select p.image_a, p.image_b, p.relation
    from duplicate_pairs p semi join pairs using (image_a, image_b) where not is_duplicate(p.relation) and p.relation <> 'metadata'
), needed as (
    select keeper_id as image_id, min(keeper_checksum) as checksum, count(*) as files
    from removals where state <> 'restored' group by keeper_id
)
select c.cluster_id, c.state, m.relation, m.image_id, f.uri, f.source, f.path, f.checksum, f.size, s.mtime_ns,
       k.image_id as keeper_id, k.uri as keeper_uri, k.path as keeper_path, k.checksum as keeper_checksum,
       content_key(k.picture_hash, k.checksum) as keeper_content, k.size as keeper_size,
       case
           when not is_duplicate(m.relation) then 'It is related as ' || m.relation || ', which makes no duplicate.'
           when a.relation = 'companion' then 'It belongs together with the file that would stay: both stay.'
           when a.relation is not null then 'Of it and the file that would stay is said: ' || a.relation || '.'
           when d.keeper <> c.keeper then 'Somebody decided that another file stays.'
           when n.files is not null and content_key(f.picture_hash, f.checksum) <> content_key(k.picture_hash, k.checksum)
               then 'It stays in the stead of ' || n.files || ' files that were removed.'
           when l.image_id is not null then 'A link to the file that stays is all that is left of it.'
           when s.status is distinct from 'present' then 'It isn''t known to be there: scan its source.'
       end as against
from chosen c
join cluster_members m on m.cluster_id = c.cluster_id and m.role = 'redundant' and m.image_id <> c.keeper
join image_facts f on f.image_id = m.image_id
join image_facts k on k.image_id = c.keeper
left join seen_files s on s.image_id = m.image_id
left join apart a on a.image_a = least(m.image_id, c.keeper) and a.image_b = greatest(m.image_id, c.keeper)
left join needed n on n.image_id = m.image_id
left join last_cluster_decisions d on d.cluster_id = c.cluster_id and d.decision = 'decided'
left join (select distinct image_id from removal_rows where state <> 'restored' and leaves <> '') l on l.image_id = m.image_id
where ($relations::varchar[] is null or m.relation in (select unnest($relations::varchar[])))
  and ($image_ids::varchar[] is null or m.image_id in (select unnest($image_ids::varchar[])))
order by c.cluster_id, f.uri

-- name: known_clusters(cluster_ids)
-- Which of these clusters there are.
select cluster_id from duplicate_clusters where cluster_id in (select unnest($cluster_ids::varchar[]))

-- name: companions_of(image_ids)
-- Files of one shot that belong to these images.
select distinct c.image_id, c.companion_id, f.path
from companions c join image_facts f on f.image_id = c.companion_id
where c.image_id in (select unnest($image_ids::varchar[]))

-- name: sidecars_beside(image_ids)
-- Sidecar files that belong to these images and to no other.
with given as (select image_id, uri from image_facts where image_id in (select unnest($image_ids::varchar[]))),
named as (
    select g.image_id as goes_with, p.image_id as sidecar_id, g.uri = left(p.uri, length(p.uri) - length('.xmp')) as is_own
    from file_problems p join given g
    on left(p.uri, length(p.uri) - length('.xmp')) in (g.uri, uri_stem(g.uri))
    where p.kind = 'sidecar'
)
select n.goes_with, s.image_id, s.uri, s.source, p.path, p.checksum, p.size, s.mtime_ns
from named n
join seen_files s on s.image_id = n.sidecar_id
join file_problems p on p.image_id = n.sidecar_id and p.kind = 'sidecar'
where p.checksum is not null
  and (n.is_own or (select count(*) from image_facts f join given g on g.image_id = n.goes_with
                    where f.source = s.source and uri_stem(f.uri) = uri_stem(g.uri)) = 1)
order by n.goes_with, s.uri

-- name: quarantined_files(image_ids, plan_ids)
-- What is in quarantine, images before the files that went along. NULL for a list means all.
select q.plan_id, q.image_id, q.goes_with, q.uri, q.source, q.path, q.checksum, q.size, q.mtime_ns, q.mode, q.place,
       q.keeper_id, q.keeper_uri, q.keeper_checksum, q.keeper_content, q.cluster_id, q.relation, q.leaves, q."at"
from quarantined q
where ($image_ids::varchar[] is null or coalesce(q.goes_with, q.image_id) in (select unnest($image_ids::varchar[])))
  and ($plan_ids::varchar[] is null or q.plan_id in (select unnest($plan_ids::varchar[])))
order by q.plan_id, q.goes_with nulls first, q.uri

-- name: survivors(keeper_id, keeper_content, checksum)
-- Files in place that hold what a quarantined file's keeper holds, or the very same bytes; the keeper first.
select uri, checksum from image_facts
where (image_id = $keeper_id and content_key(picture_hash, checksum) = $keeper_content)
   or content_key(picture_hash, checksum) = $keeper_content or checksum = $checksum
order by image_id <> $keeper_id, uri limit 5

-- name: open_removals()
-- What was begun and of which nothing says that it ended.
select p.seq, p.plan_id, p.action, p.what, e.reason
from removal_plans p left join ledger_events e using (seq)
where p.plan_id not in (select plan_id from removal_ends) order by p.seq

-- name: action_of_removal(plan_id)
-- What a run did: quarantine, restore or purge.
select action from removal_plans where plan_id = $plan_id

-- name: removals_called(start)
-- The removals whose id begins so.
select plan_id from removal_plans where action = 'quarantine' and starts_with(plan_id, $start) order by seq desc

-- name: merges_of_removals(plan_ids)
-- What was merged for these removals, the last first, and whether all their files are back where they were.
select p.merge as seq, json_extract(e.payload, '$.count')::bigint as images,
       not exists (select 1 from removal_rows r where r.plan_id = p.plan_id and r.state <> 'restored') as all_back
from removal_plans p join ledger_events e on e.seq = p.merge
where p.plan_id in (select unnest($plan_ids::varchar[]))
order by p.merge desc

-- name: removal_states(plan_ids)
-- What became of the files of these removals.
select plan_id, image_id, state from removal_rows where plan_id in (select unnest($plan_ids::varchar[]))

-- name: not_seen(image_ids)
-- Which of these files the catalogue doesn't hold.
select i as image_id from (select unnest($image_ids::varchar[]) as i) where i not in (select image_id from seen_files)

-- name: source_uris(names)
-- Where sources are.
select source, uri from source_roots where source in (select unnest($names::varchar[]))

-- name: removed_references()
-- Where each file that was removed was, and the file that stays in its stead, where that is now.
select r.uri as old_uri, coalesce(k.uri, r.keeper_uri) as keeper_uri, r.path as old_path, coalesce(k.path, '') as keeper_path,
       r.relation, r.leaves, r.state, r.checksum, r.keeper_checksum, r.cluster_id, r.plan_id, r.removed_by, r.removed_at
from removals r left join image_facts k on k.image_id = r.keeper_id
where r.state <> 'restored' and r.goes_with is null
order by r.uri, r.removed_at
