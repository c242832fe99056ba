-- A file that was seen is neither in images nor in problems.
select image_id, uri from seen_files
where image_id not in (select image_id from image_facts) and image_id not in (select image_id from file_problems);
