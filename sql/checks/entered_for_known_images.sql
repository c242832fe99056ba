-- A value was entered for an image that nobody received, or stands with the id it had before it moved.
select image_id, field, actor from entered_values
where image_id not in (select image_id from receipts) or image_id in (select old_id from aliases);
