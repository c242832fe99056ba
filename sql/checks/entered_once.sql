-- A field has values of two entries at once.
select image_id, field, count(distinct seq) as entries from entered_values
group by image_id, field having count(distinct seq) > 1;
