-- What is counted for searching isn't what is there; it is counted again by the next scan that finds something new.
select facet, value, images, place from (
    (select facet, value, images, place from facet_counts where facet <> ''
     except select facet, value, images, place from facet_totals where place <= 1000)
    union all
    (select facet, value, images, place from facet_totals where place <= 1000
     except select facet, value, images, place from facet_counts)
) where (select count(*) from facet_counts s join facet_stamp n on s.facet = '' and s.value = n.value and s.images = n.images) = 3;
