-- Which programs can read the file, so that an upgrade by one person does not lock out those who only read.
--
-- A migration after which an older program would misread the file sets oldest_reader to its own number; one that only
-- adds tables leaves it.
CREATE TABLE file_format (
    oldest_reader INTEGER NOT NULL -- number of the schema of the oldest program that can read the file
) STRICT;
INSERT INTO file_format (oldest_reader) VALUES (8);
