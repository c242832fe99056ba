-- What de-duplication asks and writes. `pairs_found` is a temporary table, `looked_at` an Arrow table lent for one statement.

-- name: catalogue_stamp()
-- How many images there are, and what changes whenever one of them does.
select count(*) as images, count(*) || ' ' || coalesce(bit_xor(hash(image_id, checksum)), 0) as stamp from image_facts

-- name: follow_moved_pairs()
-- Let pairs follow files that were moved.
update pair_facts
set image_a = least(coalesce(m.new_a, image_a), coalesce(m.new_b, image_b)),
    image_b = greatest(coalesce(m.new_a, image_a), coalesce(m.new_b, image_b)),
    checksum_a = case when coalesce(m.new_a, image_a) < coalesce(m.new_b, image_b) then checksum_a else checksum_b end,
    checksum_b = case when coalesce(m.new_a, image_a) < coalesce(m.new_b, image_b) then checksum_b else checksum_a end
from (
    select p.image_a as old_a, p.image_b as old_b, a.image_id as new_a, b.image_id as new_b
    from (select distinct image_a, image_b from pair_facts) p
    left join aliases a on a.old_id = p.image_a left join aliases b on b.old_id = p.image_b
    where a.old_id is not null or b.old_id is not null
) m where m.old_a = pair_facts.image_a and m.old_b = pair_facts.image_b

-- name: forget_stale_pairs()
-- Forget pairs of images that are gone, or hold other bytes than those that were compared.
delete from pair_facts
where not exists (select 1 from image_facts f where f.image_id = pair_facts.image_a and f.checksum = pair_facts.checksum_a)
   or not exists (select 1 from image_facts f where f.image_id = pair_facts.image_b and f.checksum = pair_facts.checksum_b)

-- name: follow_moved_clusters()
-- Let clusters follow files that were moved.
update cluster_rows set image_id = a.image_id from aliases a where a.old_id = cluster_rows.image_id

-- name: forget_stale_clusters()
-- Forget clusters of which an image is gone or holds other bytes: they are made again with the next search.
delete from cluster_rows where cluster_id in (
    select cluster_id from cluster_rows c
    where not exists (select 1 from image_facts f where f.image_id = c.image_id and f.checksum = c.checksum))

-- name: replace_pairs()
-- Make room for the pairs found.
delete from pair_facts
where (image_a, image_b, method) in (select (image_a, image_b, method) from pairs_found)

-- name: add_pairs(run_id, burst_seconds)
-- Write the pairs found. What looks alike and isn't the same, from one camera and at most so many seconds apart, is the next frame:
-- of one moment there may be two developments, so that the times must differ.
insert into pair_facts (image_a, image_b, relation, method, score, evidence, run_id, checksum_a, checksum_b)
select p.image_a, p.image_b,
       case when p.relation = 'variant' and a.camera_model = b.camera_model and a.captured_at <> b.captured_at
                 and abs(epoch(a.captured_at) - epoch(b.captured_at)) <= $burst_seconds then 'burst' else p.relation end,
       p.method, p.score, p.evidence, $run_id, a.checksum, b.checksum
from pairs_found p join image_facts a on a.image_id = p.image_a join image_facts b on b.image_id = p.image_b
qualify row_number() over (partition by p.image_a, p.image_b, p.method order by relation_rank(p.relation), p.score desc) = 1

-- name: forget_earlier_pairs(method, run_id, every)
-- Forget what a method said in earlier runs: of every image, or of those looked at.
delete from pair_facts
where split_part(method, ':', 1) = $method and run_id <> $run_id
  and ($every or image_a in (select image_id from looked_at) or image_b in (select image_id from looked_at))

-- name: is_method_done(method, settings, stamp)
-- Whether a method was run to its end on these images with these settings.
select 1 as done from dedup_done where method = $method and settings = $settings and stamp = $stamp

-- name: forget_method_done(method)
-- Forget when a method was run to its end.
delete from dedup_done where method = $method

-- name: note_method_done(method, settings, stamp)
-- Note that a method was run to its end.
insert into dedup_done (method, settings, stamp) select $method, $settings, $stamp

-- name: pairs_of_method(method)
-- How many pairs a method knows.
select count(*) as pairs from pair_facts where split_part(method, ':', 1) = $method

-- name: pairs_by_relation()
-- How many pairs there are of each relation.
select relation, count(*) as pairs from duplicate_pairs group by relation order by pairs desc, relation

-- name: cluster_totals()
-- How many clusters there are, how many images in them may go, and their bytes.
select count(*) as clusters, coalesce(sum(images - 1), 0)::bigint as redundant, coalesce(sum(bytes_to_gain), 0)::bigint as bytes_to_gain
from duplicate_clusters

-- name: last_searches()
-- Each method's settings when it was last run to its end, and the run that found its pairs.
select method, arg_max(settings, seq) as settings, max(seq) as last,
       arg_max(run_id, seq) filter (outcome = 'finished') as run_id
from dedup_run_rows where outcome in ('finished', 'unchanged')
group by method order by last, method

-- name: forget_companion_files()
-- Forget which files belong to which image.
delete from companion_files

-- name: add_companion_files(extensions)
-- Files that aren't images and lie beside one, called as it is (IMG_1.mov, IMG_1.xmp, IMG_1.heic.xmp).
insert into companion_files (image_id, companion_id)
with others as (
    select image_id, regexp_replace(uri, '\.[^./]*$', '') as named_after from seen_files
    where image_id not in (select image_id from image_facts)
      and lower(regexp_extract(uri, '\.([^./]*)$', 1)) in (select unnest($extensions::varchar[]))
)
select f.image_id, o.image_id from image_facts f join others o on o.named_after = regexp_replace(f.uri, '\.[^./]*$', '')
union
select f.image_id, o.image_id from image_facts f join others o on o.named_after = f.uri
