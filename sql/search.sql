-- Search. In every statement `where true` is where the filter goes: its conditions are the `where` parts of the
-- fragments called `where_…`. Each fragment is a whole statement so that it can be prepared and checked by itself.

-- name: fold_words(words)
-- The words as search_texts and keywords hold them: without case and accents.
select list_transform($words::varchar[], lambda w: fold(w)) as folded

-- name: where_text(words)
-- Images whose texts contain all of these (folded) words, anywhere in a word.
select image_id from images
where image_id in (
    select t.image_id from search_texts t
    where list_aggregate([contains(t.folded, w) for w in $words::varchar[]], 'bool_and'))

-- name: where_keyword(keyword)
-- Images with this (folded) keyword.
select image_id from images
where image_id in (select k.image_id from keywords k where k.folded = $keyword)

-- name: where_format(values)
-- Images of any of these formats.
select image_id from images
where format = any($values::varchar[])

-- name: where_batch(values)
-- Images of any of these batches.
select image_id from images
where batch = any($values::varchar[])

-- name: where_source(values)
-- Images from any of these sources.
select image_id from images
where source = any($values::varchar[])

-- name: where_folder(values)
-- Images directly in any of these folders.
select image_id from images
where folder = any($values::varchar[])

-- name: where_folder_below(folder)
-- Images in this folder or anywhere below it.
select image_id from images
where (folder = $folder or starts_with(folder, $folder || '/') or $folder = '')

-- name: where_camera(values)
-- Images taken with any of these camera models.
select image_id from images
where camera_model = any($values::varchar[])

-- name: where_year(values)
-- Images captured in any of these years.
select image_id from images
where year(captured_at) = any($values::bigint[])

-- name: where_date_from(limit)
-- Images captured on this day or later, by the camera's clock.
select image_id from images
where captured_at >= $limit::date

-- name: where_date_to(limit)
-- Images captured on this day or earlier, by the camera's clock.
select image_id from images
where captured_at < $limit::date + interval 1 day

-- name: where_place(south, west, north, east)
-- Images taken inside a box of degrees.
select image_id from images
where latitude between $south and $north and longitude between $west and $east

-- name: where_place_across(south, west, north, east)
-- Images taken inside a box that crosses the antimeridian (180°).
select image_id from images
where latitude between $south and $north and (longitude >= $west or longitude <= $east)

-- name: where_size_from(limit)
-- Images of at least so many bytes.
select image_id from images
where size >= $limit

-- name: where_size_to(limit)
-- Images of at most so many bytes.
select image_id from images
where size <= $limit

-- name: where_pixels_from(limit)
-- Images of at least so many pixels.
select image_id from images
where width::bigint * height >= $limit

-- name: where_pixels_to(limit)
-- Images of at most so many pixels.
select image_id from images
where width::bigint * height <= $limit

-- name: where_problem(values)
-- Images with a problem of any of these kinds.
select image_id from images
where image_id in (select p.image_id from file_problems p where p.kind = any($values::varchar[]))

-- name: where_any_problem()
-- Images with a problem of whatever kind.
select image_id from images
where image_id in (select p.image_id from file_problems p)

-- name: where_duplicates(values)
-- Images in a cluster of duplicates in any of these states.
select image_id from images
where image_id in (
    select m.image_id from cluster_members m join duplicate_clusters c on c.cluster_id = m.cluster_id
    where c.state = any($values::varchar[]))

-- name: where_missing_title()
-- Images without a title.
select image_id from images
where title is null

-- name: where_missing_description()
-- Images without a description.
select image_id from images
where description is null

-- name: where_missing_keywords()
-- Images without a keyword.
select image_id from images
where keyword_count = 0

-- name: where_missing_creator()
-- Images without a creator.
select image_id from images
where creator is null

-- name: where_missing_copyright()
-- Images without a copyright notice.
select image_id from images
where copyright is null

-- name: where_missing_captured_at()
-- Images that don't say when they were captured.
select image_id from images
where captured_at is null

-- name: where_missing_gps()
-- Images that don't say where they were taken.
select image_id from images
where (latitude is null or longitude is null)

-- name: where_image_ids(ids)
-- These images.
select image_id from images
where image_id in (select unnest($ids::varchar[]))

-- name: search_count()
-- How many images match.
select count(*) as images from images where true

-- name: search_ids()
-- The ids of the images that match.
select image_id from images where true

-- name: search_rows()
-- The images that match.
select * from images where true

-- name: search_rows_of(ids)
-- The rows of these images.
select * from images where image_id in (select unnest($ids::varchar[]))

-- name: search_facets(top, facets, chosen)
-- What the images that match have in common, each facet counted without the conditions set on itself (the `in_…` flags)
-- and cut at the `top` most frequent values and those chosen. Missing fields
-- must all be missing, so their conditions narrow their own facet too.
with base as materialized (
    select
        image_id, format, batch, source, folder, camera_model as camera, year(captured_at) as year,
        title is null as no_title, description is null as no_description, keyword_count = 0 as no_keywords,
        creator is null as no_creator, copyright is null as no_copyright, captured_at is null as no_captured_at,
        (latitude is null or longitude is null) as no_gps,
        true as in_format, true as in_batch, true as in_source, true as in_folder, true as in_camera, true as in_year,
        true as in_problem
    from images where true
),
counted as (
    select 'format' as facet, format::varchar as value, count(*) as images from base
    where in_batch and in_source and in_folder and in_camera and in_year and in_problem group by format
    union all
    select 'batch', batch, count(*) from base
    where in_format and in_source and in_folder and in_camera and in_year and in_problem group by batch
    union all
    select 'source', source, count(*) from base
    where in_format and in_batch and in_folder and in_camera and in_year and in_problem group by source
    union all
    select 'folder', folder, count(*) from base
    where in_format and in_batch and in_source and in_camera and in_year and in_problem group by folder
    union all
    select 'camera', camera, count(*) from base
    where in_format and in_batch and in_source and in_folder and in_year and in_problem group by camera
    union all
    select 'year', year::varchar, count(*) from base
    where in_format and in_batch and in_source and in_folder and in_camera and in_problem group by year
    union all
    select 'problem', p.kind, count(distinct p.image_id) from file_problems p
    where p.image_id in (
        select image_id from base where in_format and in_batch and in_source and in_folder and in_camera and in_year)
    group by p.kind
    union all
    select
        'missing',
        unnest(['title', 'description', 'keywords', 'creator', 'copyright', 'captured_at', 'gps']),
        unnest([
            count(*) filter (no_title), count(*) filter (no_description), count(*) filter (no_keywords),
            count(*) filter (no_creator), count(*) filter (no_copyright), count(*) filter (no_captured_at),
            count(*) filter (no_gps)])
    from base
    where in_format and in_batch and in_source and in_folder and in_camera and in_year and in_problem
)
select facet, value, images from counted
where value is not null and images > 0
qualify row_number() over (partition by facet order by images desc, value) <= $top
  or (facet, value) in (select unnest($facets::varchar[]), unnest($chosen::varchar[]))
order by facet, images desc, value

-- name: search_keyword_facet(top)
-- The keywords of the images that match, as written in one of them: by itself, because it runs on all cores only so.
select 'keyword' as facet, min(k.keyword) as value, count(*) as images
from keywords k
where k.image_id in (select image_id from images where true)
group by k.folded
order by images desc, k.folded
limit $top

-- name: search_duplicates_facet()
-- How many of the images that match are in a cluster of duplicates, by what became of it.
select 'duplicates' as facet, c.state as value, count(*) as images
from cluster_members m join duplicate_clusters c on c.cluster_id = m.cluster_id
where m.image_id in (select image_id from images where true)
group by c.state
order by images desc, value

-- name: known_facets(top)
-- The counts over all images as last kept; no rows when something was written since.
select facet, shown, images from facet_counts
where facet <> '' and place <= $top
  and (select count(*) from facet_counts s join facet_stamp n on s.facet = '' and s.value = n.value and s.images = n.images) = 3
order by facet, place

-- name: all_facets(top)
-- The counts over all images, counted now.
select facet, shown, images from facet_totals where place <= $top order by facet, place

-- name: forget_facet_counts()
-- Before anything is written to image_facts, keywords or file_problems, in the same transaction.
delete from facet_counts

-- name: refresh_facet_counts()
-- At the end of a scan, in one transaction with `forget_facet_counts` before it: the counts over all images, a thousand
-- values a facet, and the stamp that tells whether they still hold.
insert into facet_counts by name
select facet, value, shown, images, place from facet_totals where place <= 1000
union all
select '', value, value, images, 0 from facet_stamp

-- name: keep_search_found()
-- What the charts need of the images that match, kept for the moment on this connection.
create or replace temp table search_found as
select captured_at, latitude, longitude, width, height from images where true

-- name: drop_search_found()
-- The end of that moment.
drop table if exists temp.search_found

-- name: search_time_span()
-- The first and the last day of capture.
select min(captured_at)::date as first, max(captured_at)::date as last from images where true

-- name: search_timeline(unit)
-- Images a day, month, … of capture; the first century begins in the year 1, not before it.
select greatest(date_trunc($unit, captured_at)::date, date '0001-01-01') as start, count(*) as images
from images where captured_at is not null and true
group by start order by start

-- name: search_place_span()
-- The box around all places.
select min(latitude), min(longitude), max(latitude), max(longitude)
from images where latitude is not null and longitude is not null and true

-- name: search_places(south, west, high, wide, rows, columns)
-- Images by place, in a grid over a box: the middle of each heap, and the box around it.
select
    avg(latitude) as latitude, avg(longitude) as longitude, count(*) as images,
    min(latitude) as south, min(longitude) as west, max(latitude) as north, max(longitude) as east
from images where latitude is not null and longitude is not null and true
group by
    least(floor((latitude - $south) / $high), $rows - 1), least(floor((longitude - $west) / $wide), $columns - 1)
order by images desc, latitude, longitude

-- name: search_sizes(edges)
-- Images by pixels: for each, the number of the edges it reaches.
select list_count(list_filter($edges::bigint[], lambda e: e <= width::bigint * height)) as reached, count(*) as images
from images where width is not null and height is not null and true
group by reached order by reached
