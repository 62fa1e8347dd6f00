-- What is new in version 4:
--
-- The keys of threads go on at 2^46. The root namespace of such a thread, and that namespace's first branch, have its key less 2^47, which is
-- less than 0 as well, and greater than those of the threads before it: what is new comes to the end of the trees, where there is room.
CREATE VIEW root_namespaces (key) AS
    SELECT CASE WHEN key < 70368744177664 THEN -key ELSE key - 140737488355328 END FROM threads;
