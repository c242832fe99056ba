-- Files can be converted now, too.
comment on column optimised.how is 'lossless (the same pixels), shrunk (fewer, or coded coarser) or converted (another format and name)';
comment on column optimised.uri is 'where its file was then; a converted one has a name with another ending since';
