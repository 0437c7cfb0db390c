package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

func (a *app) callsCommand() *cobra.Command {
	var limit int
	var costliest bool
	cmd := &cobra.Command{
		Use:   "calls [FILTER…]",
		Short: "List calls of cached functions, newest first",
		Long:  "List calls of cached functions, newest first." + filterHelp,
		Args:  cobra.ArbitraryArgs,

		ValidArgsFunction: completeFilter,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := a.parseFilter(args)
			if err != nil {
				return err
			}
			if err := checkLimit(limit); err != nil {
				return err
			}
			query := record.CallQuery{Filter: f, Limit: limit}
			if costliest {
				query.Order = record.ByDuration
			}
			return a.withBook(cmd.Context(), func(book *runlog.Reader) error {
				calls, err := book.Calls(cmd.Context(), query)
				if err != nil {
					return err
				}
				return a.printCalls(calls)
			})
		},
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", 50, "at most that many")
	cmd.Flags().BoolVar(&costliest, "costliest", false, "longest first")
	return cmd
}

func (a *app) printCalls(calls []record.Call) error {
	if a.json {
		return a.printJSON(calls)
	}
	if len(calls) == 0 {
		_, err := fmt.Fprintln(a.stdout, "no call matches")
		return err
	}
	var t table
	t.add("CALL", "", "FUNCTION", "OUTCOME", "TOOK", "SAVED", "RESULT", "")
	for i := range calls {
		c := &calls[i]
		saved, result, remark := "", "", c.Error
		if c.Outcome == record.Hit {
			saved = display.Duration(c.Saved)
			if !c.Origin.IsZero() {
				remark = "from " + c.Origin.String()
			}
		}
		if c.ResultBytes > 0 {
			result = display.Bytes(c.ResultBytes)
		}
		if c.Reason != "" {
			remark = string(c.Reason)
		}
		t.add(c.ID.String(), display.Outcome(c.Outcome), display.Function(c.Function), string(c.Outcome),
			display.Duration(c.Duration), saved, result, remark)
	}
	return t.write(a.stdout, "")
}
