-- What bulk work asks. `selected` (image_id, place) is an Arrow table lent to the connection for one statement.

-- name: selected_facts()
-- What templates may say of the selected images, in their order.
select f.image_id, f.name as filename, f.folder, f.path, f.batch, f.source, f.format, f.width, f.height, f.checksum,
       f.captured_at, f.received_at, f.uri
from selected s join image_facts f using (image_id)
order by s.place

-- name: selected_values(fields)
-- What the metadata of the selected images says in some fields.
select m.image_id, m.field, m.lang, m.ordinal, m.value
from metadata m semi join selected using (image_id)
where m.field in (select unnest($fields::varchar[]))
order by m.image_id, m.field, m.lang nulls first, m.ordinal

-- name: selected_tags(tags)
-- What EXIF and IPTC tags of the selected images say, by family and name.
select image_id, lower(split_part(key, '.', 1)) || '.' || split_part(key, '.', 3) as tag, first(value order by key, ordinal) as value
from embedded semi join selected using (image_id)
where lower(split_part(key, '.', 1)) || '.' || split_part(key, '.', 3) in (select unnest($tags::varchar[]))
group by all

-- name: all_image_ids()
-- Every image, by where it is.
select image_id from image_facts order by source, path

-- name: images_with_value(field, found)
-- The images of which a field has one of these values.
select distinct image_id from metadata where field = $field and value in (select unnest($found::varchar[]))
order by image_id

-- name: replaced_values(field, pattern, replacement)
-- A field's values with what matches a pattern replaced; RE2 takes time in proportion to the text, whatever the pattern.
select m.image_id, m.lang, m.ordinal, m.value, regexp_replace(m.value, $pattern, $replacement, 'g') as replaced
from metadata m semi join selected using (image_id)
where m.field = $field
order by m.image_id, m.lang nulls first, m.ordinal
