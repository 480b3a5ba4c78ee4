"""Tables in text files, as people really have them.

    text_files     bytes of one or several files, and the encoding of their text
    dialect        what separates cells, which lines are comments
    numerals       how numbers are written
    cells          the cells of one column, kept small
    header         whether the first row names the columns
    table          all of it: files in, columns of cells out

One reader for fit, data, init, eval and predict.  What can be read in two ways is read as a careful person would, with
a warning that names the argument that says otherwise, or it is refused with its place.
"""
