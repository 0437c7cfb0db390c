// Package tui is the explorer: it browses a lab-book in a terminal while
// programs write to it, says why calls were computed, and starts runs again.
//
// [Model] is a Bubble Tea program that reads the lab-book through [Book] alone.
// It keeps these promises:
//
//   - Update and View read nothing. Commands do, and what they bring back is
//     dropped if something newer was asked for meanwhile; until then the old
//     data stays on the screen.
//   - A view has exactly as many lines as the terminal, none wider than it, at
//     any size.
//   - Nothing recorded reaches the terminal before package safetext has seen it.
//   - Nothing is told by colour alone. NO_COLOR is respected.
//   - An error of the lab-book is shown and the explorer goes on.
//
// The shell (Model) holds a stack of pages and draws what is around them. A page
// knows no other page: it sends a message that says what to open, and the shell
// makes the page for it.
package tui
