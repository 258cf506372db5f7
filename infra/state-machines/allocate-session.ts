import { CALM_RETRY, placeholder, type StateMachineDefinition } from './asl.ts'

const DECIDE_SECONDS = 30

/**
 * Gives one session to a worker. Input {v:1, tenantId, mode, sessionId, epoch, attempt}.
 * The lambda decides and writes; the machine rings, or makes sure that capacity comes, and ends. It never waits for a
 * worker: the reconciler starts a new execution when one is READY.
 */
export const allocateSession: StateMachineDefinition = {
  Comment: 'Give one session to a worker, or make sure that one comes',
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  TimeoutSeconds: 300,
  States: {
    Begin: {
      Type: 'Pass',
      Assign: {
        races: 0,
        session:
          '{% {"tenantId": $states.input.tenantId, "mode": $states.input.mode, "sessionId": $states.input.sessionId} %}',
      },
      Next: 'Decide',
    },
    Decide: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      TimeoutSeconds: DECIDE_SECONDS,
      Arguments: {
        FunctionName: placeholder('AllocatorFunctionArn'),
        Payload: {
          action: 'assign',
          tenantId: '{% $session.tenantId %}',
          mode: '{% $session.mode %}',
          sessionId: '{% $session.sessionId %}',
        },
      },
      Assign: { decision: '{% $states.result.Payload %}', races: '{% $races + 1 %}' },
      Retry: [CALM_RETRY],
      Next: 'WhatNow',
    },
    WhatNow: {
      Type: 'Choice',
      Choices: [
        { Condition: "{% $decision.outcome in ['assigned', 'alreadyOwned'] %}", Next: 'Ring' },
        { Condition: "{% $decision.outcome = 'noCapacity' %}", Next: 'EnsureCapacity' },
        { Condition: "{% $decision.outcome = 'raced' and $races < 5 %}", Next: 'LetItSettle' },
      ],
      Default: 'Done',
    },
    LetItSettle: {
      Comment: 'Somebody else wrote the lease or filled the worker at the same moment: look again',
      Type: 'Wait',
      Seconds: 1,
      Next: 'Decide',
    },
    Ring: {
      Comment: 'A hint: the ASSIGNED row is what the worker acts on, at the latest at its next heartbeat',
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Arguments: {
        QueueUrl: '{% $decision.queueUrl %}',
        MessageBody:
          '{% $string({"v": 1, "kind": "assigned", "sessionId": $session.sessionId, "tenantId": $session.tenantId, "mode": $session.mode, "epoch": $decision.epoch}) %}',
      },
      Retry: [CALM_RETRY],
      Catch: [
        {
          // The queue may be gone with its worker; then the reconciler finds the session by its dead owner.
          ErrorEquals: ['States.ALL'],
          Next: 'Done',
        },
      ],
      Next: 'Done',
    },
    EnsureCapacity: {
      Comment: 'Single flight: the name is made of the fleet that the lambda saw; a second caller finds it taken',
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution',
      Arguments: {
        StateMachineArn: placeholder('LifecycleStateMachineArn'),
        Name: '{% $decision.launchName %}',
        Input: { v: 1, mode: '{% $session.mode %}' },
      },
      Retry: [CALM_RETRY],
      Catch: [
        {
          ErrorEquals: ['StepFunctions.ExecutionAlreadyExistsException'],
          Next: 'Done',
        },
      ],
      Next: 'Done',
    },
    Done: {
      Type: 'Succeed',
      Output:
        '{% {"outcome": $decision.outcome = "noCapacity" ? "waiting" : $decision.outcome, "workerId": $decision.workerId, "epoch": $decision.epoch} %}',
    },
  },
}
