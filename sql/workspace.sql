-- Named queries of the workspace itself.

-- name: unknown_images(image_ids)
-- Which of these ids have never been catalogued.
select i as image_id from (select unnest($image_ids::varchar[]) as i)
where i not in (select image_id from image_facts)
  and i not in (select image_id from file_problems)
  and i not in (select image_id from receipts)
order by i

-- name: uri_of_image(image_id)
-- Where an image's file is.
select uri from image_facts where image_id = $image_id
union select uri from file_problems where image_id = $image_id
limit 1

-- name: sources()
-- The sources that images come from, with how many files each has.
select s.source, s.uri, s.added_at, s.added_by, count(f.image_id) as files
from source_roots s left join seen_files f on f.source = s.source
group by all
order by s.source
