package tui

import (
	"context"
	"sync/atomic"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
)

// A guardedBook fails the test if it is read while the program is in Update or
// View, and counts the reads otherwise.
type guardedBook struct {
	Book
	t        *testing.T
	isLocked atomic.Bool
	reads    atomic.Int64
}

func (b *guardedBook) check(method string) {
	if b.isLocked.Load() {
		b.t.Errorf("Book.%s was called by Update or View", method)
	}
	b.reads.Add(1)
}

func (b *guardedBook) Runs(ctx context.Context, query record.RunQuery) ([]record.Run, error) {
	b.check("Runs")
	return b.Book.Runs(ctx, query)
}

func (b *guardedBook) Run(ctx context.Context, id int64) (record.RunDetail, error) {
	b.check("Run")
	return b.Book.Run(ctx, id)
}

func (b *guardedBook) Calls(ctx context.Context, query record.CallQuery) ([]record.Call, error) {
	b.check("Calls")
	return b.Book.Calls(ctx, query)
}

func (b *guardedBook) Call(ctx context.Context, id record.CallID) (record.CallDetail, error) {
	b.check("Call")
	return b.Book.Call(ctx, id)
}

func (b *guardedBook) Batches(ctx context.Context, run int64) ([]record.Batch, error) {
	b.check("Batches")
	return b.Book.Batches(ctx, run)
}

func (b *guardedBook) Tasks(ctx context.Context, run, batch, afterIndex int64, limit int) ([]record.Task, error) {
	b.check("Tasks")
	return b.Book.Tasks(ctx, run, batch, afterIndex, limit)
}

func (b *guardedBook) Output(ctx context.Context, run, afterSeq int64, limit int) ([]record.Output, error) {
	b.check("Output")
	return b.Book.Output(ctx, run, afterSeq, limit)
}

func (b *guardedBook) ExplainRun(ctx context.Context, run int64) (whymiss.RunReport, error) {
	b.check("ExplainRun")
	return b.Book.ExplainRun(ctx, run)
}

func (b *guardedBook) Explain(ctx context.Context, id record.CallID) (whymiss.Explanation, error) {
	b.check("Explain")
	return b.Book.Explain(ctx, id)
}

func (b *guardedBook) Version(ctx context.Context) (int64, error) {
	b.check("Version")
	return b.Book.Version(ctx)
}

func (b *guardedBook) Rerun(ctx context.Context, run int64) error {
	b.check("Rerun")
	return b.Book.Rerun(ctx, run)
}

// A guardedModel locks the book of its model, a guardedBook, around Update and
// View.
type guardedModel struct{ *Model }

func (m *guardedModel) guarded(do func()) {
	book := m.kit.book.(*guardedBook)
	book.isLocked.Store(true)
	defer book.isLocked.Store(false)
	do()
}

func (m *guardedModel) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	m.guarded(func() { _, cmd = m.Model.Update(msg) })
	return m, cmd
}

func (m *guardedModel) View() (view string) {
	m.guarded(func() { view = m.Model.View() })
	return view
}

// A failingBook fails every read of runs and calls with err, unless it is nil.
type failingBook struct {
	Book
	err error
}

func (b *failingBook) Runs(ctx context.Context, query record.RunQuery) ([]record.Run, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.Book.Runs(ctx, query)
}

func (b *failingBook) Calls(ctx context.Context, query record.CallQuery) ([]record.Call, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.Book.Calls(ctx, query)
}

func (b *failingBook) Rerun(ctx context.Context, run int64) error {
	if b.err != nil {
		return b.err
	}
	return b.Book.Rerun(ctx, run)
}
