-- What the report of a de-duplication says. Every answer has one order, so that the same ledger gives the same report.

-- name: report_totals()
-- The collection as it is now, and what de-duplication took out of it.
select
    (select count(*) from image_facts) as images,
    (select coalesce(sum(size), 0)::bigint from image_facts) as bytes,
    (select count(distinct image_id) from file_problems where image_id not in (select image_id from image_facts)) as unreadable,
    (select count(*) from duplicate_clusters) as clusters,
    (select count(*) from duplicate_clusters where state = 'open') as open_clusters,
    (select count(*) from duplicate_clusters where state = 'decided') as decided_clusters,
    (select count(*) from duplicate_clusters where state = 'skipped') as skipped_clusters,
    (select count(distinct cluster_id) from removals where state <> 'restored' and goes_with is null
       and cluster_id not in (select cluster_id from duplicate_clusters)) as cleared_clusters,
    (select count(*) from removals where state = 'quarantined' and goes_with is not null) as sidecars,
    (select max("at") from ledger_events) as last_event_at

-- name: report_kinds()
-- Duplicates by what ties them to the image that stays: how many files and bytes, and where they are now.
with now as (
    select m.relation, c.state, f.size
    from cluster_members m join duplicate_clusters c using (cluster_id) join image_facts f using (image_id)
    where m.role = 'redundant'
), gone as (
    select relation, state, size from removals where goes_with is null
), every as (select * from now union all select * from gone)
select relation,
       count(*) filter (state <> 'restored') as found,
       coalesce(sum(size) filter (state <> 'restored'), 0)::bigint as found_bytes,
       count(*) filter (state in ('open', 'skipped')) as undecided,
       count(*) filter (state = 'decided') as decided,
       count(*) filter (state = 'quarantined') as quarantined,
       coalesce(sum(size) filter (state = 'quarantined'), 0)::bigint as quarantined_bytes,
       count(*) filter (state = 'purged') as purged,
       coalesce(sum(size) filter (state = 'purged'), 0)::bigint as purged_bytes,
       count(*) filter (state = 'restored') as restored
from every group by relation order by relation_rank(relation), relation

-- name: report_related()
-- Pairs by how the two are related, also those that aren't duplicates, and how many of them people have decided.
select relation, count(*) as pairs, count(decided_by) as decided from duplicate_pairs
group by relation order by relation_rank(relation), relation

-- name: report_reviews()
-- Who decided what about clusters, and how.
select actor, decision, how, count(distinct cluster_id) as clusters, sum(images)::bigint as images, min("at") as first_at, max("at") as last_at
from cluster_reviews group by actor, decision, how order by actor, how, decision

-- name: report_second_looks()
-- How many clusters two people looked at, and how often they said the same.
select count(*) as looks, count(*) filter (first_decision = decision) as agreed from (
    select s.decision, f.decision as first_decision
    from cluster_reviews s join cluster_reviews f
      on f.cluster_id = s.cluster_id and f.seq < s.seq and f.how <> 'second' and f.decision <> 'skipped'
    where s.how = 'second'
    qualify row_number() over (partition by s.seq, s.cluster_id order by f.seq desc) = 1)

-- name: report_removed()
-- Every file that was taken out, what stayed in its stead, whether somebody had decided that before, and where it is now.
with decisions as (
    select r.plan_id, r.image_id, arg_max(d.decision, d.seq) as decision
    from removal_rows r join removal_plans p on p.plan_id = r.plan_id
    join cluster_decisions d on d.cluster_id = r.cluster_id and d.seq < p.seq
    group by r.plan_id, r.image_id
)
select r.path, r.size, r.relation, r.state, coalesce(d.decision, '') = 'decided' or r.relation = 'duplicate' as decided, coalesce(k.path, '') as kept_path, r.removed_by, r.removed_at, r.actor as state_by,
       r."at" as state_at, r.checksum, r.keeper_checksum as kept_checksum, r.image_id, r.keeper_id as kept_id, r.cluster_id,
       coalesce(r.goes_with, '') as goes_with, r.uri
from removals r left join image_facts k on k.image_id = r.keeper_id
left join decisions d on d.plan_id = r.plan_id and d.image_id = coalesce(r.goes_with, r.image_id)
order by r.removed_at, r.path, r.image_id, r.plan_id

-- name: report_kept()
-- Every image that stays in others' stead, by a decision or a removal: what its file was when it was last read, and for how many it stands.
with stands as (
    select c.keeper as image_id, c.images - 1 as files, c.bytes_to_gain as bytes, c.relation, c.state
    from duplicate_clusters c where c.state = 'decided'
    union all
    select keeper_id, count(*), sum(size)::bigint, arg_max(relation, relation_rank(relation)), 'removed'
    from removals where state <> 'restored' and goes_with is null group by keeper_id
)
select f.path, f.size, f.format, f.width, f.height, sum(s.files)::bigint as stands_for, sum(s.bytes)::bigint as bytes_of_others,
       arg_max(s.relation, relation_rank(s.relation)) as relation,
       coalesce(sum(s.files) filter (s.state = 'removed'), 0)::bigint as of_them_removed,
       f.checksum, f.image_id, f.uri
from stands s join image_facts f using (image_id)
group by all order by f.path, f.image_id

-- name: report_members()
-- Every image of every cluster as it is now, with the reason for its role.
select m.cluster_id, c.relation as cluster_relation, c.state, m.role, f.path, f.size, m.relation, m.score, m.reason, m.image_id,
       f.checksum, coalesce(c.decided_by, '') as decided_by, c.decided_at
from cluster_members m join duplicate_clusters c using (cluster_id) join image_facts f using (image_id)
order by m.cluster_id, m.role, f.path, m.image_id

-- name: report_skipped()
-- Everything that wasn't compared, decided or removed, and why.
select 'not compared' as stage, p.path, p.message as reason, p.size, p.image_id
from (select image_id, path, size, message from file_problems
      qualify row_number() over (partition by image_id order by kind, message) = 1) p
where p.image_id not in (select image_id from image_facts)
union all
select 'compared by its bytes only', f.path, concat('Nothing here decodes ', f.format, ' files of this kind.'), f.size, f.image_id
from image_facts f where f.phash is null
union all
select 'compared by its pixels only', f.path, 'Nearly one colour: its likeness to others says nothing.', f.size, f.image_id
from image_facts f where f.phash is not null and f.flat
union all
select 'not decided', f.path,
       case c.state when 'skipped' then concat(coalesce(c.decided_by, 'Somebody'), ' skipped its cluster.') else 'Nobody has looked at its cluster yet.' end,
       f.size, f.image_id
from cluster_members m join duplicate_clusters c using (cluster_id) join image_facts f using (image_id)
where m.role = 'redundant' and c.state in ('open', 'skipped')
union all
select 'not removed', coalesce(f.path, n.uri), n.reason, f.size, n.image_id
from (select * from not_removed where action = 'quarantine'
      qualify row_number() over (partition by image_id order by "at" desc, plan_id) = 1) n
left join image_facts f using (image_id)
where n.image_id not in (select image_id from removals where state <> 'restored')
order by stage, reason, path, image_id

-- name: report_runs()
-- When duplicates were looked for, by which method, and what came of it.
select method, outcome, images, pairs, actor, "at", run_id from dedup_runs order by "at", method, run_id

-- name: report_examples(most)
-- Pairs to show as evidence: of every kind the largest that are there, first those that are gone.
with shown as (
    select r.relation, r.state, r.size as bytes, r.path as other_path, coalesce(k.path, r.keeper_uri) as kept_path,
           r.checksum as other_checksum, r.keeper_checksum as kept_checksum, r.image_id as other_id, r.keeper_id as kept_id,
           '' as reason, 1.0 as score, 0 as later
    from removals r left join image_facts k on k.image_id = r.keeper_id
    where r.goes_with is null and r.state <> 'restored'
    union all
    select m.relation, c.state, f.size, f.path, k.path, f.checksum, k.checksum, f.image_id, k.image_id, m.reason, m.score, 1
    from cluster_members m join duplicate_clusters c using (cluster_id)
    join image_facts f using (image_id) join image_facts k on k.image_id = c.keeper
    where m.role = 'redundant'
)
select s.*, coalesce(p.evidence, '{}') as evidence, p.image_a, coalesce(p.score, s.score) as sure
from shown s
left join (
    select image_a, image_b, evidence, score from pair_facts
    qualify row_number() over (partition by image_a, image_b order by relation_rank(relation), score desc, method) = 1
) p on p.image_a = least(s.other_id, s.kept_id) and p.image_b = greatest(s.other_id, s.kept_id)
qualify row_number() over (
    partition by s.relation order by s.later, s.bytes desc, s.other_path, s.other_id) <= $most
order by relation_rank(s.relation), s.relation, s.later, s.bytes desc, s.other_path, s.other_id

-- name: where_images_are_now(image_ids)
-- Where the files of some images are, those included that were moved since.
select i.old_id, f.uri
from (select unnest($image_ids::varchar[]) as old_id) i
left join aliases a on a.old_id = i.old_id
join image_facts f on f.image_id = coalesce(a.image_id, i.old_id)
order by i.old_id

-- name: report_calibration()
-- The figures of the last calibration: a row a kind of edit or set of pairs.
select f.part, f.kind, f.says, f.tried, f.proposed, f.found, f.refuted, f.share, f.low, f.high
from calibration_figures f
where f.calibration_id = (select calibration_id from calibrations order by seq desc limit 1)
order by f.part desc, f.share, f.kind

-- name: report_calibrated()
-- The last calibration as a whole.
select pictures, sampled, kinds, recall, least_recall, pairs, false_matches, false_match_bound, actor, "at"
from calibrations order by seq desc limit 1

-- name: report_optimised()
-- Files that were made smaller where they are, by what became of them.
select how, state, count(*) as files, sum(size_before)::bigint as bytes_before, sum(size_after)::bigint as bytes_after,
       sum(saved)::bigint as saved
from optimised group by how, state order by how, state

-- name: changes_on_record(image_ids)
-- What some images' files became by a recorded change since they were first seen: checksums that are accounted for.
select i.old_id, o.after as checksum
from (select unnest($image_ids::varchar[]) as old_id) i
left join aliases a on a.old_id = i.old_id
join optimised o on o.image_id = coalesce(a.image_id, i.old_id)
union
select i.old_id, e.after
from (select unnest($image_ids::varchar[]) as old_id) i
left join aliases a on a.old_id = i.old_id
join embeds e on e.image_id = coalesce(a.image_id, i.old_id) and e.mode in ('inplace', 'restored') and e.after is not null
order by all
