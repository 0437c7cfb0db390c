// Command screenshots draws the explorer's pages into SVG files, for the
// documentation. It needs no terminal and no browser, and draws the same each
// time:
//
//	go run ./screenshots [-out folder]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"labbook/tui/samplebook"
)

func main() {
	out := flag.String("out", "screenshots", "`folder` to write the pictures into")
	flag.Parse()
	if err := run(context.Background(), *out); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

// taken is the moment that the pictures show.
var taken = time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)

func run(ctx context.Context, folder string) error {
	book := samplebook.New(samplebook.Study(taken))
	for _, shot := range tour {
		frame, err := take(ctx, book, taken, shot)
		if err != nil {
			return fmt.Errorf("take %s: %w", shot.file, err)
		}
		if err := os.WriteFile(filepath.Join(folder, shot.file), drawSVG(frame, width, height), 0o644); err != nil { //nolint:gosec // a picture for the documentation is anybody's to read
			return fmt.Errorf("write picture: %w", err)
		}
	}
	return nil
}
