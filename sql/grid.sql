-- What the image grid asks: the order of all images, the rows of a window, everything about one image.

-- name: grid_all()
-- Every image, in the order of the folders.
select image_id
from images
order by path, image_id;

-- name: grid_unknown(ids)
-- Those of the ids that are neither an image nor a file with a problem; at most five, to name them.
select a.image_id
from (select unnest($ids::varchar[]) as image_id) a
where a.image_id not in (select f.image_id from image_facts f)
  and a.image_id not in (select p.image_id from file_problems p)
limit 5;

-- name: grid_rows(ids)
-- What a cell shows: captions by any field, and what the badges are decided by.
select i.image_id, i.checksum, i.picture_hash, i.name, i.path, i.folder, i.format, i.size,
       i.oriented_width, i.oriented_height, i.captured_at, i.camera_make, i.camera_model,
       i.title, i.description, i.creator, i.copyright, i.rating, i.batch, i.latitude
from images i
where i.image_id in (select unnest($ids::varchar[]));

-- name: grid_problems(ids)
-- The problems of these files, the ones that never became an image included.
select p.image_id, p.stage, p.kind, p.message, p.detail, p.path
from file_problems p
where p.image_id in (select unnest($ids::varchar[]))
order by p.image_id, p.stage, p.kind;

-- name: grid_with_keywords(ids)
-- Those of the images that have keywords.
select distinct k.image_id
from keywords k
where k.image_id in (select unnest($ids::varchar[]));

-- name: grid_copies(hashes)
-- Which of these pictures exist more than once, and how often.
select f.picture_hash, count(*) as copies
from image_facts f
where f.picture_hash in (select unnest($hashes::varchar[]))
group by f.picture_hash
having count(*) > 1;

-- name: grid_clusters(ids)
-- Those of the images that are in a cluster of duplicates that nobody has decided: its size, what the image is in it.
with mine as (
    select m.image_id, m.cluster_id, m.role from cluster_members m
    where m.image_id in (select unnest($ids::varchar[]))
)
select mine.image_id, mine.role, c.images, c.relation
from mine join duplicate_clusters c on c.cluster_id = mine.cluster_id
where c.state = 'open';

-- name: grid_embedded_values(ids, key)
-- The values of one embedded key, a line an image; the default language first.
select e.image_id, string_agg(left(e.value, 300), '; ' order by e.lang = 'x-default' desc, e.lang, e.ordinal) as value
from embedded e
where e.key = $key and e.image_id in (select unnest($ids::varchar[]))
group by e.image_id;

-- name: grid_frame(ids)
-- The public rows of these images, in the order asked.
select i.*
from (select unnest($ids::varchar[]) as image_id, generate_subscripts($ids::varchar[], 1) as place) a
join images i on i.image_id = a.image_id
order by a.place;

-- name: grid_file(image_id)
-- One image's own row.
select i.*
from images i
where i.image_id = $image_id;

-- name: grid_embedded(image_id, longest, most)
-- One image's embedded metadata; values longer than `longest` characters are cut, their length is told.
select e.key, e.lang, e.ordinal, left(e.value, $longest) as value, length(e.value) as length
from embedded e
where e.image_id = $image_id
order by e.key, e.lang = 'x-default' desc, e.lang, e.ordinal
limit $most;

-- name: grid_keywords(image_id)
-- One image's keywords.
select k.keyword
from keywords k
where k.image_id = $image_id
order by k.keyword;
