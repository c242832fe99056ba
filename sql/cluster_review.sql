-- What the review of duplicates asks: the queue once, and clusters ahead of the person. Deciding asks nothing.

-- name: review_clusters()
-- Every cluster of duplicates, what it is worth, and where it stands; also those that are none any more by a decision.
with reviewed as (
    select * from cluster_reviews where how <> 'second'
    qualify row_number() over (partition by cluster_id order by seq desc) = 1
)
select c.cluster_id, c.relation, c.images, c.bytes_to_gain as gain, c.keeper, c.state, c.uncertainty,
       coalesce(d.decision, '') as decision, c.decided_by, coalesce(d.keeper, '') as decided_keeper,
       coalesce(d.bytes, 0) as gained, coalesce(d.seq, 0) as seq, true as here
from duplicate_clusters c left join reviewed d on d.cluster_id = c.cluster_id and c.state <> 'open'
where c.state = 'open' or d.cluster_id is not null
union all
select cluster_id, relation, images, bytes, keeper, 'decided', 0, decision, actor, keeper, bytes, seq, false
from reviewed
where decision <> 'skipped' and cluster_id not in (select cluster_id from duplicate_clusters)
order by 1;

-- name: paths_of_clusters(ids)
-- Of some clusters the path of what stays and those of what may go.
select c.cluster_id, any_value(f.path) filter (c.role = 'keeper') as stays,
       string_agg(f.path, ' · ' order by f.path) filter (c.role <> 'keeper') as goes
from cluster_members c join image_facts f using (image_id)
where c.cluster_id in (select unnest($ids::varchar[]))
group by c.cluster_id

-- name: review_by_kind()
-- How many clusters of duplicates there are of each kind, how many are decided, and what could be gained.
select relation, count(*) as clusters, sum(images)::bigint as images, count(*) filter (state = 'decided') as decided,
       round(sum(bytes_to_gain) / 1e6, 1) as megabytes_to_gain
from duplicate_clusters
group by relation
order by relation_rank(relation);

-- name: review_members(ids)
-- The images of these clusters, with the facts that are compared; the proposed keeper first, the least sure next.
select m.cluster_id, m.image_id, m.role, m.reason, m.relation, m.score,
       f.uri, f.source, f.batch, f.path, f.folder, f.name, f.size, f.checksum, f.picture_hash, f.format, f.mode, f.bit_depth,
       f.oriented_width as width, f.oriented_height as height, f.sharpness, f.has_icc, f.icc_name,
       strftime(f.captured_at, '%Y-%m-%d %H:%M:%S') as captured, strftime(f.modified_at, '%Y-%m-%d %H:%M') as modified,
       concat_ws(' ', f.camera_make, f.camera_model) as camera
from cluster_members m join images f using (image_id)
where m.cluster_id in (select unnest($ids::varchar[]))
order by m.cluster_id, m.role, m.score, f.path, m.image_id;

-- name: review_pairs(images)
-- What is known of pairs among these images, and on what it rests.
select image_a, image_b, relation, method, score, evidence
from pair_facts
where image_a in (select unnest($images::varchar[])) and image_b in (select unnest($images::varchar[]))
order by relation_rank(relation), score desc, method;

-- name: review_values(images)
-- What the metadata of these images says.
select image_id, field, lang, ordinal, left(value, 2000) as value
from metadata
where image_id in (select unnest($images::varchar[]))
order by image_id, field, lang, ordinal;

-- name: review_contents(ids)
-- What stands for the content of every image of these clusters; the proposed keeper first.
select m.cluster_id, m.image_id, m.role, m.relation, f.picture_hash, f.checksum, f.size, f.name
from cluster_members m join image_facts f using (image_id)
where m.cluster_id in (select unnest($ids::varchar[]))
order by m.cluster_id, m.role, m.score, f.path, m.image_id;

-- name: review_own(actor, most)
-- What somebody decided last and hasn't taken back: the newest first.
select seq, min(cluster_id) as cluster_id, count(*) as clusters, max(decision) as decision
from cluster_reviews
where actor = $actor and how <> 'second'
group by seq
order by seq desc
limit $most;

-- name: review_decided()
-- The events that decided clusters and weren't taken back.
select distinct seq from cluster_reviews order by seq;

-- name: review_still_said(ids)
-- Of these clusters those that rest on what a person said.
select distinct cluster_id from cluster_rows
where coalesce(said, relation = 'duplicate') and cluster_id in (select unnest($ids::varchar[]))
order by cluster_id;

-- name: review_second()
-- The clusters that were looked at a second time since they were decided.
select distinct s.cluster_id
from cluster_reviews s join cluster_reviews f on f.cluster_id = s.cluster_id and f.how <> 'second' and f.seq < s.seq
where s.how = 'second' and s.decision <> 'skipped'
order by s.cluster_id;

-- name: review_agreement()
-- How far second looks at decided clusters said the same as the first.
select first_by, actor as second_by, count(*) as looked, count(*) filter (agrees) as agreed
from cluster_reviews
where how = 'second' and decision <> 'skipped'
group by first_by, actor
order by first_by, second_by;
