-- An image may go though a file of the same shot stays.
select c.image_id, m.companion_id from cluster_rows c join companions m on m.image_id = c.image_id and m.is_image
where c.role = 'redundant' and m.companion_id not in (select image_id from cluster_rows where role = 'redundant');
