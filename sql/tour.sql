-- The questions that the first notebooks ask, ready to be asked of any workspace.

-- name: images_by_format()
-- How many images there are of each format, and how many megabytes they take.
select format, count(*) as images, round(sum(size) / 1e6, 1) as megabytes
from images
group by format
order by images desc, format

-- name: images_by_folder()
-- How many images each folder holds, and from when to when they were taken.
select folder, count(*) as images, min(captured_at)::date as earliest, max(captured_at)::date as latest
from images
group by folder
order by folder

-- name: images_by_camera()
-- Which cameras and scanners took the pictures.
select camera_make, camera_model, count(*) as images
from images
where camera_model is not null
group by camera_make, camera_model
order by images desc, camera_make, camera_model

-- name: what_is_missing()
-- How many images have no title, no keywords, no place, and so on, of how many.
select what, missing, images from (
    select count(*) as images,
        count(*) filter (title is null) as title,
        count(*) filter (description is null) as description,
        count(*) filter (keyword_count = 0) as keywords,
        count(*) filter (creator is null) as creator,
        count(*) filter (copyright is null) as copyright,
        count(*) filter (captured_at is null) as "date of capture",
        count(*) filter (latitude is null or longitude is null) as place
    from images
) unpivot (missing for what in (title, description, keywords, creator, copyright, "date of capture", place))
order by missing desc, what

-- name: top_keywords(most)
-- The most used keywords, however they are capitalised, with one of their spellings.
select max(keyword) as keyword, count(distinct image_id) as images
from keywords
group by folded
order by images desc, keyword
limit $most

-- name: same_picture()
-- Pictures that are there more than once, to the last pixel: how often, and two of the places.
select count(*) as copies, min(path) as one_place, max(path) as another_place
from images
where picture_hash is not null
group by picture_hash
having count(*) > 1
order by copies desc, one_place

-- name: problems_in_words()
-- What is wrong with files, in sentences: how many files, what it is, and one of them.
select count(distinct image_id) as files, message as what,
       printf('%d × %s For example: %s', count(distinct image_id), message, min(path)) as in_words
from problems
group by message
order by files desc, message

-- name: problem_files()
-- The files that something is wrong with; those that still show a picture are images all the same.
select path, kind, is_image, message, image_id
from problems
order by path, kind

-- name: entered_anywhere()
-- The images for which something was entered, each with all fields that were entered anywhere.
select distinct image_id, (select list(distinct field) from entered) as fields from entered
