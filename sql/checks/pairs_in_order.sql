-- A pair of images is written the wrong way round, or twice by one method.
select image_a, image_b, method, count(*) as "rows" from pair_facts
group by image_a, image_b, method having count(*) > 1 or image_a >= image_b;
