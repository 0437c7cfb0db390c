package tui

import (
	"context"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"
)

// Run shows the explorer on the terminal until the user quits or ctx is done.
// It returns nil if the user quit, and ctx's error if that ended it.
func Run(ctx context.Context, book Book, options Options) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	reading, cancel := context.WithCancel(ctx)
	defer cancel() // ends the reads that are still under way
	program := tea.NewProgram(New(reading, book, options),
		tea.WithContext(ctx), tea.WithAltScreen(), tea.WithMouseCellMotion())
	if _, err := program.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("run the explorer: %w", err)
	}
	return nil
}
