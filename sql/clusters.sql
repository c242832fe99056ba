-- What clusters are made of. `concerned` holds images with their contents, `contents_lent` content keys or checksums; Arrow
-- tables, as are `clusters_made` and `parts_made`.

-- name: last_settings()
-- The settings of the last search for duplicates.
select settings from dedup_run_rows order by seq desc limit 1

-- name: images_in_pairs()
-- The images of which it is known how they are related to others, with their contents.
with paired as (
    select image_a as image_id from pair_facts where relation <> 'metadata'
    union select image_b from pair_facts where relation <> 'metadata'
)
select f.image_id, content_key(f.picture_hash, f.checksum) as content, f.checksum
from image_facts f semi join paired p on p.image_id = f.image_id

-- name: images_together()
-- The images that hang together with some contents, as was found when clusters were last made.
select image_id, content, checksum from cluster_parts
where part in (
    select part from cluster_parts
    where content in (select content from contents_lent) or checksum in (select content from contents_lent))

-- name: pairs_between()
-- How the images that are concerned are related, as in the view duplicate_pairs, and what was found of them.
with best as (
    select p.image_a, p.image_b, p.relation, p.score,
           case when a.content = b.content then least(a.checksum, b.checksum) else least(a.content, b.content) end as key_a,
           case when a.content = b.content then greatest(a.checksum, b.checksum) else greatest(a.content, b.content) end as key_b
    from pair_facts p
    join concerned a on a.image_id = p.image_a and a.checksum = p.checksum_a
    join concerned b on b.image_id = p.image_b and b.checksum = p.checksum_b
    where p.relation <> 'metadata'
    qualify row_number() over (
        partition by p.image_a, p.image_b order by relation_rank(p.relation), p.score desc, p.method) = 1
)
select k.image_a, k.image_b, coalesce(d.decision, k.relation) as relation, k.score, k.relation as found
from best k left join last_pair_decisions d on d.content_a = k.key_a and d.content_b = k.key_b

-- name: pictures_to_measure()
-- The pictures of pairs of which one is an edited copy, where no camera's data tell which.
with asked as (
    select unnest([a.checksum, b.checksum]) as checksum
    from pair_facts p join image_facts a on a.image_id = p.image_a join image_facts b on b.image_id = p.image_b
    where p.relation in ('fuzzy', 'content') and (a.captured_at is null) = (b.captured_at is null)
)
select f.checksum, any_value(f.uri) as uri,
       any_value(case when f.orientation between 5 and 8 then f.height else f.width end) as width,
       any_value(case when f.orientation between 5 and 8 then f.width else f.height end) as height
from image_facts f semi join asked a on a.checksum = f.checksum
where f.checksum not in (select checksum from picture_details) and f.width > 0 and f.height > 0
group by f.checksum order by f.checksum

-- name: note_details()
-- Note what pictures really hold.
insert into picture_details (checksum, share, "inner", step)
select checksum, any_value(share), any_value("inner"), any_value(step) from pictures_measured
where checksum not in (select checksum from picture_details) group by checksum

-- name: keeper_facts(fresh)
-- What the rules for keepers look at; what is embedded is looked up anew, or only where it isn't known. What was blown up
-- counts no more than what it was made from, and a plain border doesn't count.
with asked as (
    select image_id from concerned where $fresh or image_id not in (select image_id from cluster_parts)
), said as (
    select image_id, count(*) as values_embedded,
           min(value) filter (key in ('Exif.Image.Software', 'Xmp.xmp.CreatorTool', 'Exif.Image.ProcessingSoftware')) as software,
           bool_or(starts_with(key, 'Xmp.xmpMM.DerivedFrom')) as derived
    from embedded where image_id in (select image_id from asked)
    group by image_id
    union all
    select image_id, values_embedded, software, derived from cluster_parts
    where not $fresh and image_id in (select image_id from concerned)
), compared as (
    -- Copies of each other, each with the other, and how many of its pixels show what both show.
    select p.relation, p.image_a, p.image_b, a.checksum as checksum_a, b.checksum as checksum_b, p.evidence,
           coalesce(json_extract_string(p.evidence, '$.from'), p.image_a) = p.image_a as in_order,
           a.width::bigint * a.height as pixels_a, b.width::bigint * b.height as pixels_b
    from pair_facts p join image_facts a on a.image_id = p.image_a join image_facts b on b.image_id = p.image_b
    where p.relation in ('fuzzy', 'content') and p.image_a in (select image_id from concerned)
), both_ways as (
    select relation, image_a as image_id, checksum_b as other_checksum, pixels_a as pixels, pixels_b as other_pixels, evidence,
           case when in_order then 'a' else 'b' end as side, case when in_order then 'b' else 'a' end as other_side
    from compared
    union all
    select relation, image_b, checksum_a, pixels_b, pixels_a, evidence,
           case when in_order then 'b' else 'a' end, case when in_order then 'a' else 'b' end
    from compared
), held as (
    select w.image_id, w.covers, w.pixels * w.covers as held, w.other_pixels * w.other_covers as other_held, d.share as other_share,
           coalesce(w.side in (json_extract_string(w.evidence, '$.framed'), json_extract_string(w.evidence, '$.written_on')), false) as made_over
    from (
        select *, case when relation = 'content' then coalesce(json_extract_string(evidence, '$.covers_' || side)::double, 1) else 1 end as covers,
               case when relation = 'content' then coalesce(json_extract_string(evidence, '$.covers_' || other_side)::double, 1) else 1 end as other_covers
        from both_ways
    ) w left join picture_details d on d.checksum = w.other_checksum
), weighed as (
    -- A picture that was made smaller to go into a screenshot or a collage is coarser there than its original, however large
    -- the whole; and what was made larger holds no more than what it was made from, which counts as much then.
    select image_id, avg(made_over::double) as made_over,
           min(case when covers < 0.9 and held < 0.8 * other_held then held / other_held else 1 end)
           * max(case when other_held > 1.3 * held and other_share * sqrt(other_held) <= 1.1 * sqrt(held) then other_held / held else 1 end) as counts
    from held where held > 0 and other_held > 0 group by image_id
), accompanied as (
    select image_id, count(*) as companions from (
        select image_a as image_id from pair_facts where relation = 'companion'
        union all select image_b from pair_facts where relation = 'companion'
        union all select image_id from companion_files
    ) group by image_id
)
select f.image_id, content_key(f.picture_hash, f.checksum) as content, f.checksum, f.source, f.path, f.name, f.format,
       f.width, f.height, f.width::bigint * f.height as pixels,
       f.width::bigint * f.height * coalesce(case when t."inner" < 0.98 then t."inner" end, 1) * coalesce(w.counts, 1) as true_pixels,
       coalesce(w.made_over, 0) as made_over,
       t.step, f.mode,
       s.software, coalesce(s.derived, false) as derived, coalesce(s.values_embedded, 0) as values_embedded,
       coalesce(f.camera_make, f.camera_model) is not null and f.captured_at is not null as camera,
       coalesce(a.companions, 0) as companions, f.modified_at, f.received_at
from image_facts f semi join concerned c on c.image_id = f.image_id and c.checksum = f.checksum
left join said s on s.image_id = f.image_id left join accompanied a on a.image_id = f.image_id
left join picture_details t on t.checksum = f.checksum left join weighed w on w.image_id = f.image_id

-- name: cluster_verdicts()
-- What is known of two contents by themselves: what people said, and what verification found to be no duplicates.
with held as (
    select content as held from concerned union select checksum from concerned
)
select content_a, content_b, decision as said from last_pair_decisions
where content_a in (select held from held) and content_b in (select held from held)
union all
select distinct content_a, content_b, relation from pair_checks k
where relation in ('variant', 'unrelated') and content_a in (select held from held) and content_b in (select held from held)
  and not exists (
      select 1 from last_pair_decisions d where d.content_a = k.content_a and d.content_b = k.content_b)

-- name: cluster_preferences()
-- Which contents people found better than others.
select content, beats_content from last_keeper_decisions
where content <> beats_content and content in (select content from concerned union select checksum from concerned)

-- name: cluster_choices()
-- Which images people kept, and how late.
select keeper, max(seq) as seq from last_cluster_decisions
where decision = 'decided' and keeper in (select image_id from concerned)
group by keeper

-- name: forget_clusters(every)
-- Make room for clusters made anew.
delete from cluster_rows where $every or cluster_id in (
    select cluster_id from cluster_rows where image_id in (select image_id from concerned))

-- name: forget_parts(every)
-- The same for what hangs together.
delete from cluster_parts where $every or image_id in (select image_id from concerned)

-- name: add_clusters()
-- Write the clusters.
insert into cluster_rows (cluster_id, image_id, role, reason, score, relation, checksum, said)
select cluster_id, image_id, role, reason, score, relation, checksum, said from clusters_made

-- name: add_parts()
-- Write what hangs together.
insert into cluster_parts (image_id, content, checksum, part, software, derived, values_embedded)
select image_id, content, checksum, part, software, derived, values_embedded from parts_made
