/* What the kernel writes into its log, as it is written: where the agent may not read /dev/kmsg, as in a pod
 * without privileges, its lines come this way.
 *
 * printk() fires the tracepoint `console` for each piece of text, also for what no console shows (before 5.12
 * only for what one shows, with the time stamp in front). It may do so in an NMI and with locks held: nothing
 * here waits. Beyond LOG_LINES_A_SECOND the rest of the second is counted and not sent, so that a kernel that
 * repeats itself fills no ring that others need.
 */
#include "bpf/kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/own_time.h"
#include "bpf/ring.h"

char LICENSE[] SEC("license") = "GPL";

#define LOG_LINES_A_SECOND 2000
#define NS_A_SECOND 1000000000ULL

struct this_second {
	__u64 second;
	__u64 lines;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct this_second);
} rate SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct log_line_event);
} scratch SEC(".maps");

static __always_inline bool within_rate(void)
{
	__u32 only = 0;
	struct this_second *now = bpf_map_lookup_elem(&rate, &only);
	__u64 second = bpf_ktime_get_ns() / NS_A_SECOND;

	if (!now)
		return false;
	if (now->second != second) {
		now->second = second;
		now->lines = 0;
	}
	/* Two CPUs may count one line: it is a bound, and kernels before 5.12 cannot add and tell. */
	return now->lines++ < LOG_LINES_A_SECOND;
}

static __always_inline int send_line(const char *text, __u64 length)
{
	struct log_line_event *event;
	__u32 only = 0, size;

	if (length == 0)
		return 0;
	if (!within_rate()) {
		count_loss(LOSS_LOG_LINES);
		return 0;
	}
	event = bpf_map_lookup_elem(&scratch, &only);
	if (!event)
		return 0;
	size = length < LOG_TEXT_MAX ? length : LOG_TEXT_MAX;
	if (bpf_probe_read_kernel(event->text, size, text))
		return 0;
	event->length = size;
	event->reserved = 0;
	size += __builtin_offsetof(struct log_line_event, text);
	if (size > sizeof(*event))
		return 0;
	fill_head(&event->head, EVENT_LOG_LINE, size);
	if (bpf_ringbuf_output(&events, event, size, wakeup_when_filling()))
		count_loss(LOSS_LOG_LINES);
	return 0;
}

SEC("tp_btf/console")
int BPF_PROG(console, const char *text, __u64 length)
{
	return TIMED(send_line(text, length));
}
