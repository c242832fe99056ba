-- What embedding asks.

-- name: files_to_embed(ids)
-- Where these images are, in the order of their paths.
select f.image_id, f.uri, f.path, f.source, f.format, s.uri as root
from image_facts f join source_roots s on s.source = f.source
where f.image_id in (select unnest($ids::varchar[]))
order by f.source, f.path

-- name: values_to_embed(ids)
-- What people entered for these images; a row without a value clears the field.
select image_id, field, lang, ordinal, value from entered_values
where image_id in (select unnest($ids::varchar[]))
order by image_id, field, lang, ordinal

-- name: embedded_in_place(seq)
-- What one embedding changed in place.
select image_id, uri, before, after, kept_as from embeds where seq = $seq and mode = 'inplace' and how = 'embedded'
