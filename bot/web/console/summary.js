// What an operator should see at once about a conversation, read off its events. Pure.

import { isMine } from './desk.js';
import { OUTCOMES } from './words.js';
import { length } from './time.js';

const SPOKEN = ['citizen_message', 'citizen_choice'];
/** Not questions: what one taps or says on the way to a person. */
const TOWARDS_PERSON = /^(gặp|nối|chuyển).{0,12}(người|tổng đài|nhân viên)/i;

/** The last thing the citizen wanted to know, and how the bot's answers ended. */
export function summarise(events) {
  const questions = events.filter((event) => SPOKEN.includes(event.kind)).map((event) => event.text ?? event.label).filter((text) => text.length > 3 && !TOWARDS_PERSON.test(text));
  const ends = new Map();
  for (const [at, { kind, outcome }] of events.entries()) {
    // That the citizen was put into the line is said elsewhere.
    const isAnswer = kind === 'bot_message' && outcome !== 'small_talk' && events[at - 1]?.kind !== 'handoff_requested';
    if (isAnswer) ends.set(outcome, (ends.get(outcome) ?? 0) + 1);
  }
  const requested = events.findLast?.((event) => event.kind === 'handoff_requested') ?? null;
  return { question: questions.at(-1) ?? null, ends: [...ends].map(([outcome, count]) => ({ outcome, label: OUTCOMES[outcome] ?? outcome, count })), reason: requested?.reason ?? null };
}

/** The one thing to do now, in a sentence. */
export function nextStep(events, handoff, now_ms) {
  if (!handoff) return 'Không cần làm gì: bot đang trả lời.';
  if (handoff.stage !== 'claimed') return 'Đọc câu hỏi và phần bot đã trả lời, rồi nhận cuộc này.';
  if (!isMine(handoff)) return 'Đồng nghiệp đang trả lời.';
  const claimed = events.findLastIndex((event) => event.kind === 'handoff_claimed');
  const since = events.slice(claimed + 1);
  const spoke = since.findLastIndex((event) => event.kind === 'operator_message' || event.kind === 'operator_answer');
  const asked = since.findLastIndex((event) => event.kind.startsWith('citizen'));
  if (spoke < 0) return 'Người dân đang chờ câu trả lời đầu tiên của bạn.';
  if (asked > spoke) return `Người dân vừa nhắn, đã chờ ${length(now_ms - since[asked].at_ms)}.`;
  return `Đang chờ người dân trả lời, đã ${length(now_ms - since[spoke].at_ms)}.`;
}
