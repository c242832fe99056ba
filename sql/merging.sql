-- What merging metadata asks. `selected` (image_id, place) is an Arrow table lent to the connection for one statement.

-- name: decided_clusters()
-- The clusters in which somebody has chosen what stays.
select cluster_id from duplicate_clusters where state = 'decided' order by cluster_id

-- name: members_of_clusters(cluster_ids)
-- The members of some clusters: the one that stays first, then those that are the most surely its copies.
select m.cluster_id, m.image_id, m.role
from cluster_members m
where m.cluster_id in (select unnest($cluster_ids::varchar[]))
order by m.cluster_id, m.role, m.score desc, m.image_id

-- name: ages_of_images()
-- When the selected images were made, as well as is known, and where they are.
select image_id, path, coalesce(captured_at, modified_at) as taken_at from selected join image_facts using (image_id)
order by place

-- name: all_values_of_images()
-- Everything that the metadata of the selected images says, and whether somebody entered it.
select m.image_id, m.field, m.lang, m.ordinal, m.value, m.actor is not null as entered
from metadata m semi join selected using (image_id)
order by m.image_id, m.field, m.lang nulls first, m.ordinal

-- name: cleared_fields_of_images()
-- The fields of the selected images that somebody emptied.
select distinct image_id, field from cleared semi join selected using (image_id) order by image_id, field
