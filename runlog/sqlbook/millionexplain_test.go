package sqlbook_test

import (
	"context"

	"labbook/cache/whymiss"
	"labbook/runlog/record"
	"labbook/runlog/sqlbook"
)

func init() {
	sqlbook.ExplainMillion = func(ctx context.Context, book *sqlbook.Book, call *record.CallDetail) error {
		_, err := whymiss.ExplainCall(ctx, book, call)
		return err
	}
}
