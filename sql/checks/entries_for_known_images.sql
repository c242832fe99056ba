-- An entry, a task of double entry or a known answer stands for an image that nobody received, or with the id it had before it moved.
with named as (
    select 'entry_rows' as stands_in, task_id, image_id from entry_rows
    union all select 'double_entry_images', task_id, image_id from double_entry_images
    union all select 'gold_rows', '', image_id from gold_rows
    union all select 'gold_answer_rows', task_id, image_id from gold_answer_rows
)
select distinct stands_in, task_id, image_id from named
where image_id not in (select image_id from receipts) or image_id in (select old_id from aliases);
