package tui

import (
	"context"
	"strconv"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"labbook/runlog/display"
	"labbook/runlog/record"
	"labbook/runlog/safetext"
)

// errorLines is how many lines below the tasks show the error of the selected
// one, for which a column is too narrow.
const errorLines = 3

// taskID names a task among all attempts at the tasks of a batch.
type taskID struct {
	index   int64
	attempt int
}

// tasksPage lists the tasks of one batch in the order of its input.
type tasksPage struct {
	plainPage
	kit           *kit
	batch         record.Batch
	list          list[record.Task, taskID]
	width, height int
}

func newTasksPage(k *kit, batch record.Batch) *tasksPage {
	return &tasksPage{
		kit: k, batch: batch,
		list: newList(k, func(t *record.Task) taskID { return taskID{t.Index, t.Attempt} }, taskColumns(&k.theme)),
	}
}

func taskColumns(t *theme) []column[record.Task] {
	return []column[record.Task]{
		{title: "", least: 1, most: 1, cell: func(r *record.Task, _ time.Time) (string, ink) {
			return display.BatchStatus(r.Status), t.batchStatus(r.Status)
		}},
		{title: "task", least: 5, most: 9, right: true, cell: func(r *record.Task, _ time.Time) (string, ink) {
			return strconv.FormatInt(r.Index, 10), t.text
		}},
		{title: "status", least: 9, most: 9, rank: 2, cell: func(r *record.Task, _ time.Time) (string, ink) {
			return safetext.Line(string(r.Status)), t.batchStatus(r.Status)
		}},
		{title: "took", least: 9, most: 9, right: true, cell: func(r *record.Task, now time.Time) (string, ink) {
			return display.Duration(until(r.Started, r.Ended, now)), t.text
		}},
		{title: "waited", least: 9, most: 9, right: true, rank: 4, cell: func(r *record.Task, now time.Time) (string, ink) {
			if r.Queued.IsZero() {
				return "", t.faint
			}
			return display.Duration(until(r.Queued, r.Started, now)), t.faint
		}},
		{title: "worker", least: 6, most: 6, right: true, rank: 1, cell: func(r *record.Task, _ time.Time) (string, ink) {
			return strconv.Itoa(r.Worker), t.faint
		}},
		{title: "attempt", least: 7, most: 7, right: true, rank: 5, cell: func(r *record.Task, _ time.Time) (string, ink) {
			return strconv.Itoa(r.Attempt), t.faint
		}},
		{title: "error", least: 12, most: 160, rank: 3, grow: true, cell: func(r *record.Task, _ time.Time) (string, ink) {
			return safetext.Line(r.Error), t.bad
		}},
	}
}

func (p *tasksPage) Init() tea.Cmd {
	book, run, batch := p.kit.book, p.batch.Run, p.batch.Batch
	return p.list.show(func(ctx context.Context, after *record.Task, limit int) ([]record.Task, error) {
		afterIndex := int64(-1)
		if after != nil {
			afterIndex = after.Index
		}
		return book.Tasks(ctx, run, batch, afterIndex, limit)
	})
}

func (p *tasksPage) Update(msg tea.Msg) tea.Cmd {
	defer p.layOut()
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return p.list.move(msg)
	case tea.MouseMsg:
		cmd, _ := p.list.mouse(msg)
		return cmd
	}
	return p.list.take(msg)
}

func (p *tasksPage) View() []string {
	lines := p.list.view([]string{"this batch has no tasks yet"})
	err := p.selectedError()
	if len(err) == 0 {
		return lines
	}
	return append(fit(lines, p.width, p.list.height), err...)
}

// selectedError returns the error of the selected task in full, as far as it
// fits, or nothing.
func (p *tasksPage) selectedError() []string {
	task := p.list.selected()
	if task == nil || task.Error == "" || p.height < 3*errorLines {
		return nil
	}
	lines := fit(wrap(safetext.Line(task.Error), p.width-2*markerSize), p.width, errorLines)
	for i := range lines {
		lines[i] = unmarked + p.kit.theme.bad.on(lines[i])
	}
	return append([]string{p.kit.theme.faint.on(unmarked + "error of task " + strconv.FormatInt(task.Index, 10))}, lines...)
}

func (p *tasksPage) SetSize(width, height int) {
	p.width, p.height = width, height
	p.layOut()
}

func (p *tasksPage) layOut() { p.list.setSize(p.width, p.height-len(p.selectedError())) }

func (p *tasksPage) Refresh() tea.Cmd { return p.list.refresh() }
func (p *tasksPage) Summary() string  { return counted(p.list.count(), "task") }
func (p *tasksPage) Err() error       { return p.list.err() }

func (p *tasksPage) Title() string {
	title := "batch " + strconv.FormatInt(p.batch.Batch, 10)
	if p.batch.Label != "" {
		title += " " + safetext.Line(p.batch.Label)
	}
	return title
}

func (p *tasksPage) Keys() []key.Binding { return nil }
