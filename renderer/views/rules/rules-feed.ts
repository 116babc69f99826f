/** The feed of rules as live rules: its snapshots become what the changes are applied to. */
import type { FeedEvent } from '../../../app/contract/feed-reader.ts';
import type { RulesChange, RulesState } from '../../../app/contract/rules.ts';
import { beginRules, type LiveRules } from './live-rules.ts';

export async function* liveRulesEvents(
  events: AsyncIterable<FeedEvent<RulesState, RulesChange>>,
): AsyncGenerator<FeedEvent<LiveRules, RulesChange>, void, void> {
  for await (const event of events) {
    yield event.kind === 'snapshot' ? { ...event, state: beginRules(event.state) } : event;
  }
}
