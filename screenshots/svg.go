package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// Measures of the picture in pixels.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	fontSize   = 14
	baseline   = 13.5 // of a line below its top
	margin     = 14.0
	titleBar   = 34.0
)

const (
	foreground = "#d7dae0"
	background = "#16181d"
)

// drawSVG draws a frame, text with SGR sequences, as a window of the given size
// in cells. Each run of a style is placed by itself, so that columns stay
// aligned in a font whose signs are not all of one width.
func drawSVG(frame string, columns, lines int) []byte {
	var b bytes.Buffer
	w, h := float64(columns)*cellWidth+2*margin, float64(lines)*cellHeight+titleBar+margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]g %[2]g" width="%[1]g" height="%[2]g">`+"\n", w, h)
	fmt.Fprintf(&b, `<rect width="%g" height="%g" rx="9" fill="%s"/>`+"\n", w, h, background)
	for i, color := range []string{"#f2645a", "#f4be4f", "#5fc454"} {
		fmt.Fprintf(&b, `<circle cx="%g" cy="17" r="5.5" fill="%s"/>`+"\n", 20+18*float64(i), color)
	}
	fmt.Fprintf(&b, `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="%d">`+"\n", fontSize)
	for i, line := range strings.Split(frame, "\n") {
		top := titleBar + float64(i)*cellHeight
		for _, r := range parseLine(line) {
			drawSpan(&b, &r, top)
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.Bytes()
}

func drawSpan(b *bytes.Buffer, r *span, top float64) {
	x, w := margin+float64(r.column)*cellWidth, float64(r.cells)*cellWidth
	front, back := r.style.colors()
	if back != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%g" fill="%s"/>`+"\n", x, top, w, cellHeight, back)
	}
	for _, p := range phrases(r.text) {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s" textLength="%.1f"%s>`,
			x+float64(p.offset)*cellWidth, top+baseline, front, float64(r.cells*len(p.text))/float64(len(r.text))*cellWidth, r.style.attributes())
		// Writing to a buffer does not fail.
		_ = xml.EscapeText(b, []byte(p.text))
		b.WriteString("</text>\n")
	}
}

// A phrase is text without two spaces in a row, which viewers would draw as one.
type phrase struct {
	offset int // in the text that it is a part of
	text   string
}

// phrases cuts text where there is more than one space.
func phrases(text string) []phrase {
	var all []phrase
	for offset := 0; offset < len(text); {
		rest := strings.TrimLeft(text[offset:], " ")
		offset = len(text) - len(rest)
		piece, _, _ := strings.Cut(rest, "  ")
		if piece = strings.TrimRight(piece, " "); piece != "" {
			all = append(all, phrase{offset, piece})
		}
		offset += max(len(piece), 1)
	}
	return all
}
