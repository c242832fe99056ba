-- An id that moved leads to one that moved as well, or to two.
select old_id, image_id from aliases
where image_id in (select old_id from aliases) or old_id = image_id
   or old_id in (select old_id from aliases group by old_id having count(*) > 1);
