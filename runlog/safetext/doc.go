// Package safetext makes recorded text harmless for a terminal.
//
// A lab-book holds what programs were called with and what they printed: names,
// previews and output that nobody vetted. Written to a terminal as it is, such
// text can move the cursor, set the title or the clipboard, reorder what is
// read, or hide parts of itself. All of it goes through this package first.
//
// [Line] is for names, values and messages: one line that shows what the string
// really holds. [Lines] and [Writer] are for captured output: they keep its
// lines and colours, and show a progress bar as its last state.
//
// What comes out is valid UTF-8, and the only escape sequences in it are
// well-formed colours (SGR) from [Lines] and [Writer], none from [Line].
package safetext
