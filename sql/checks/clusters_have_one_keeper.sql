-- A cluster of duplicates doesn't have exactly one keeper, or no image that could go.
select cluster_id, count(*) filter (role = 'keeper') as keepers, count(*) as images from cluster_rows
group by cluster_id having count(*) filter (role = 'keeper') <> 1 or count(*) < 2;
