// Package trigram narrows a search for a regular expression to texts that can
// match it, by the runs of three bytes that occur in them.
//
// A text is indexed by its [Set] of trigrams, a regular expression asks for them
// with a [Query]: a text whose set does not satisfy the query holds no match. The
// other way round nothing is promised; a text that satisfies it has to be looked
// at. Letters are folded first, so that one index serves searches that mind their
// case and searches that do not.
package trigram
