// Package search finds text in what runs printed.
//
// A [Search] goes through the lines of the output, of the newest run first. A line
// is what stands between two newlines on one stream, as a terminal showed it last:
// without escape sequences and colours, and of a progress bar that redraws its
// line after a carriage return, its last state. A carriage return before the
// newline is a part of the line's end. Where output was left out, a line ends. A
// line of more than 16,384 characters counts as several, as it is printed as
// several.
//
// If every match must contain some text of at least three bytes, the lab-book's
// index says which stretches of the output can hold one, and no other is read.
// What is found is the same with and without.
//
// However much there is to search, a search holds no more in memory than a few
// chunks of output, the lines around a match, and a few bytes for each stretch of
// one run that may hold a match.
package search
