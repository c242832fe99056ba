-- A cluster of duplicates holds an image that isn't there, or whose file has changed since.
select c.cluster_id, c.image_id from cluster_rows c
where not exists (select 1 from image_facts f where f.image_id = c.image_id and f.checksum = c.checksum);
