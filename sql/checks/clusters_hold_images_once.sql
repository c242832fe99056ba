-- An image is in two clusters of duplicates, or twice in one.
select image_id, count(*) as "rows" from cluster_rows group by image_id having count(*) > 1;
