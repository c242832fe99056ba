-- What goes into a delivery of metadata. `selected` (image_id, place) is an Arrow table lent for one statement.

-- name: delivered_images()
-- The images of a delivery, in its order, with where the metadata places them.
select f.image_id, f.path, f.name, f.checksum, f.size, f.format, f.mime, f.width, f.height,
       degrees_of(a.value) as latitude, degrees_of(o.value) as longitude
from selected s join image_facts f using (image_id)
left join metadata a on a.image_id = f.image_id and a.field = 'Xmp.exif.GPSLatitude' and a.ordinal = 0
left join metadata o on o.image_id = f.image_id and o.field = 'Xmp.exif.GPSLongitude' and o.ordinal = 0
order by s.place

-- name: delivered_fields()
-- The fields that the metadata of the selected images has.
select distinct field from metadata semi join selected using (image_id) order by field

-- name: delivered_values(fields)
-- What the metadata of the selected images says in some fields, value by value.
select s.image_id, f.path, f.checksum, m.field, m.lang, m.ordinal, m.value, m.origin, m.actor, m."at"
from selected s join image_facts f using (image_id) join metadata m using (image_id)
where m.field in (select unnest($fields::varchar[]))
order by s.place, m.field, m.lang nulls first, m.ordinal
