package sqlbook

import (
	"context"

	"labbook/runlog/record"
)

func (b *Book) Producers(context.Context, int64, []string) (map[string][]record.Produced, error) {
	return nil, nil
}

func (b *Book) Ignoring(context.Context, string, string) (record.Ignored, error) {
	return record.Ignored{}, nil
}
