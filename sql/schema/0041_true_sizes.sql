-- How much of its resolution a picture uses is measured otherwise now: by how small it can be made without losing anything.
delete from picture_details;
