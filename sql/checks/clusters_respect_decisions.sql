-- Two images are in one cluster though a person said that they aren't duplicates, or they are known to be two shots.
select a.cluster_id, p.image_a, p.image_b, p.relation
from duplicate_pairs p
join cluster_rows a on a.image_id = p.image_a join cluster_rows b on b.image_id = p.image_b and b.cluster_id = a.cluster_id
where p.relation in ('variant', 'not_duplicate', 'burst', 'companion');
